// A context with a queue of its own: a stream on a card, the calling thread on a CPU.
#pragma once

#include <memory>

#include "kernels/backend.h"
#include "kernels/context.h"

namespace bauta {

struct Queue {
  // threads as Context. Throws CheckError.
  Queue(const Backend& backend, int threads)
      : stream(backend.make_stream(), backend.release_stream), context(backend, threads, stream.get()) {}

  // Released last: the context's memory goes back first.
  std::unique_ptr<CUstream_st, void (*)(CUstream_st*) noexcept> stream;
  Context context;
};

}  // namespace bauta
