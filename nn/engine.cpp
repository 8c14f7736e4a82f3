#include "nn/engine.h"

#include "kernels/check.h"

namespace bauta {

Engine::Engine() : Engine(*available_backends().front()) {}

Engine::Engine(const Backend& backend, int threads, DType storage, int lanes) : storage_(storage) {
  BAUTA_CHECK(storage == DType::Float32 || backend.graphs, "the CPU's kernels take float32");
  BAUTA_CHECK(lanes == 1 || lanes == 2, lanes, " lanes");
  for (int i = 0; i < (backend.graphs ? lanes : 1); ++i)
    lanes_.push_back(std::make_unique<Lane>(backend, threads, memory_));
}

void Engine::allow_tf32(bool allowed) {
  for (const auto& lane : lanes_)
    if (Libraries* const libraries = lane->queue.context.libraries()) libraries->allow_tf32(allowed);
}

MemoryUse Engine::memory() const {
  MemoryUse memory = *memory_;
  for (const auto& lane : lanes_)
    for (std::size_t* sum : {&memory.held, &memory.used, &memory.most_used})
      *sum += lane->queue.context.scratch_bytes();
  return memory;
}

void Engine::side_by_side(std::initializer_list<std::function<void()>> pieces) {
  BAUTA_CHECK(lane_ == 0, "pieces of a piece");
  BAUTA_CHECK(pieces.size() <= 2, pieces.size(), " pieces");
  struct Main {
    std::size_t& lane;
    ~Main() { lane = 0; }
  } const back_to_main{lane_};
  const Context& main = lanes_.front()->queue.context;
  for (std::size_t i = 1; i < lanes_.size(); ++i) kernels().wait_for(lanes_[i]->queue.context, main);
  std::size_t next = 0;
  for (const auto& piece : pieces) {
    lane_ = next++ % lanes_.size();
    piece();
  }
  for (std::size_t i = 1; i < lanes_.size(); ++i) kernels().wait_for(main, lanes_[i]->queue.context);
}

}  // namespace bauta
