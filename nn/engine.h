// What tensors live on: a backend to compute with, an arena to allocate from, and whether the tape is
// running.
#pragma once

#include <memory>

#include "kernels/backend.h"
#include "kernels/context.h"
#include "nn/arena.h"

namespace bauta {

// Must outlive the use (not the existence) of its tensors. For one thread of control.
class Engine {
 public:
  Engine() = default;  // the best backend of this machine, every core
  explicit Engine(const Backend& backend, int threads = 0) : context_(backend, threads) {}
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const Context& context() const { return context_; }
  const Backend& kernels() const { return context_.backend(); }
  Arena& arena() { return *arena_; }

  // While it runs, each op remembers its inputs and its backward rule.
  bool recording() const { return recording_; }

 private:
  friend class NoGrad;
  Context context_;
  std::shared_ptr<Arena> arena_ = Arena::create();
  bool recording_ = true;
};

// Stops the tape for the lifetime of this object: inference, and gradients that will not be differentiated
// again.
class NoGrad {
 public:
  explicit NoGrad(Engine& engine, bool stop = true) : engine_(engine), before_(engine.recording_) {
    if (stop) engine_.recording_ = false;
  }
  ~NoGrad() { engine_.recording_ = before_; }
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  Engine& engine_;
  bool before_;
};

}  // namespace bauta
