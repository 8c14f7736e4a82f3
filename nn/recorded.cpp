#include "nn/recorded.h"

namespace bauta {

void Recorded::run(const std::function<void()>& work) {
  const Backend& backend = engine_.kernels();
  if (!backend.graphs) {
    work();
    return;
  }
  const Context& ctx = engine_.context();
  if (!graph_ && !settled_) {
    const std::size_t allocations = engine_.memory().allocations;
    in_own_arenas(work);
    settled_ = engine_.memory().allocations == allocations;
    return;
  }
  if (!graph_) {
    backend.begin_capture(ctx);
    try {
      in_own_arenas(work);
    } catch (...) {
      backend.abandon_capture(ctx);
      throw;
    }
    graph_ = Graph(backend.end_capture(ctx), backend.release_graph);
    for (const auto& lane : engine_.lanes_)
      for (auto& memory : lane->queue.context.scratch()) scratch_.push_back(std::move(memory));
  }
  backend.replay(graph_.get(), ctx);
}

void Recorded::forget() {
  graph_.reset();
  scratch_.clear();
  settled_ = false;
}

void Recorded::in_own_arenas(const std::function<void()>& work) {
  if (arenas_.empty())
    for (std::size_t i = 0; i < engine_.lanes(); ++i)
      arenas_.push_back(Arena::create(engine_.kernels(), engine_.memory_));
  const auto exchange = [this] {
    for (std::size_t i = 0; i < arenas_.size(); ++i) std::swap(arenas_[i], engine_.lanes_[i]->arena);
  };
  exchange();
  struct Back {
    const std::function<void()> exchange;
    ~Back() { exchange(); }
  } const back{exchange};
  work();
}

}  // namespace bauta
