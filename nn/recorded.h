// Work that is the same every time but for what lies in memory, done again and again: on a card it is
// recorded and then replayed as one CUDA graph.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "nn/engine.h"

namespace bauta {

class Recorded {
 public:
  explicit Recorded(Engine& engine) : engine_(engine) {}

  // Runs the work as it is, until a run has allocated nothing (kernels have then chosen their plans, too);
  // the next run is recorded, and from then on replayed: `work` is not called any more. On a backend without
  // graphs it is always run. Tensors that the work hands out stay where they are from replay to replay; they
  // must be let go of when the work begins anew. The work must not wait for its results, and must read
  // whatever changes from memory that stays.
  void run(const std::function<void()>& work);
  // For when sizes have changed: begins anew.
  void forget();
  bool replays() const { return graph_ != nullptr; }

 private:
  using Graph = std::unique_ptr<CUgraphExec_st, void (*)(CUgraphExec_st*) noexcept>;

  void in_own_arenas(const std::function<void()>& work);

  Engine& engine_;
  // Of the recorded work alone: a replay writes to memory that the arenas count as free.
  std::vector<std::shared_ptr<Arena>> arenas_;
  std::vector<std::shared_ptr<void>> scratch_;  // the kernels', that the graph works in
  Graph graph_{nullptr, nullptr};
  bool settled_ = false;
};

}  // namespace bauta
