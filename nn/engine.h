// What tensors live on: a backend to compute with, arenas to allocate from, how numbers are stored, and
// whether the tape is running.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/backend.h"
#include "nn/arena.h"
#include "nn/queue.h"

namespace bauta {

class Gradients;

// Must outlive the use (not the existence) of its tensors. For one thread of control.
class Engine {
 public:
  // The best CPU backend of this machine, every core.
  Engine();
  // storage: of the networks' tensors and of the weights they read; BFloat16 on a card alone. threads as
  // Context. lanes: at most so many, 1 or 2; each holds memory of its own.
  explicit Engine(const Backend& backend, int threads = 0, DType storage = DType::Float32, int lanes = 2);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const Context& context() const { return lane_in_use().queue.context; }
  const Backend& kernels() const { return context().backend(); }
  Arena& arena() const { return *lane_in_use().arena; }
  DType storage() const { return storage_; }
  // BFloat16 where that is stored, and where convolutions multiply factors of 16 bits.
  DType precision() const { return kernels().rounds_factors ? DType::BFloat16 : storage_; }
  // Of the tensors and of the kernels' scratch, which stays in use.
  MemoryUse memory() const;

  // On a card with libraries: whether products of float32 may round their factors to TF32's 11 bits, for
  // several times the speed. At first they may not.
  void allow_tf32(bool allowed);

  // While it runs, each op remembers its inputs and its backward rule.
  bool recording() const { return recording_; }
  // Where the gradients of parameters go while backward() runs (nn/gradients.h); else null.
  Gradients* gradients() const { return gradients_; }

  // A backend with queues has two lanes, whose work runs side by side; others have one.
  std::size_t lanes() const { return lanes_.size(); }
  std::size_t lane() const { return lane_; }  // in use
  // Runs pieces of work, at most two, that need nothing of each other, each in a lane of its own where there
  // are several, one after another otherwise. What a piece reads from before, and the caller does not keep,
  // must not be let go of before all have returned.
  void side_by_side(std::initializer_list<std::function<void()>> pieces);

 private:
  friend class NoGrad;
  friend class CollectGradients;
  friend class OwnArena;
  friend class Recorded;
  struct Lane {
    Lane(const Backend& backend, int threads, std::shared_ptr<MemoryUse> memory)
        : queue(backend, threads), arena(Arena::create(backend, std::move(memory))) {}
    Queue queue;
    std::shared_ptr<Arena> arena;
  };
  Lane& lane_in_use() const { return *lanes_[lane_]; }

  DType storage_ = DType::Float32;
  std::shared_ptr<MemoryUse> memory_ = std::make_shared<MemoryUse>();
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::size_t lane_ = 0;
  bool recording_ = true;
  Gradients* gradients_ = nullptr;
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

// Tensors made during the lifetime of this object, in the lane in use, lie in an arena of their own: its
// memory goes back to the backend with the last of them. For what is done seldom.
class OwnArena {
 public:
  explicit OwnArena(Engine& engine)
      : place_(engine.lane_in_use().arena), arena_(Arena::create(engine.kernels(), engine.memory_)) {
    std::swap(place_, arena_);
  }
  ~OwnArena() { std::swap(place_, arena_); }
  OwnArena(const OwnArena&) = delete;
  OwnArena& operator=(const OwnArena&) = delete;

 private:
  std::shared_ptr<Arena>& place_;
  std::shared_ptr<Arena> arena_;  // the one that waits
};

// Gives gradients of parameters a place for the lifetime of this object.
class CollectGradients {
 public:
  CollectGradients(Engine& engine, Gradients& into) : engine_(engine) { engine_.gradients_ = &into; }
  ~CollectGradients() { engine_.gradients_ = nullptr; }
  CollectGradients(const CollectGradients&) = delete;
  CollectGradients& operator=(const CollectGradients&) = delete;

 private:
  Engine& engine_;
};

}  // namespace bauta
