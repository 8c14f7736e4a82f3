#include "kernels/weights.h"

#include "kernels/context.h"

namespace bauta {

KeptForms::Form KeptForms::form(std::size_t part, std::size_t floats, const void* name, const Context& ctx) {
  if (part >= parts_.size()) parts_.resize(part + 1);
  Part& kept = parts_[part];
  if (kept.floats != floats) {
    kept = {};
    kept = {ctx.counted_memory(floats * sizeof(float)), floats};
  }
  const bool ready = kept.ready && kept.name == name;
  if (!ready) {  // what is ready may be asked for by several threads
    kept.name = name;
    kept.ready = true;
  }
  return {static_cast<float*>(kept.memory.get()), ready};
}

void KeptForms::forget() {
  for (Part& part : parts_) part.ready = false;
}

}  // namespace bauta
