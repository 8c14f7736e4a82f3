// Networks for many threads: each has one of its own while it works, and leaves it to the next.
#pragma once

#include <omp.h>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace bauta {

// Thing has an engine, and `threads`: how many of OpenMP's that works on.
template <class Thing>
class IdlePool {
 public:
  using Make = std::function<std::unique_ptr<Thing>()>;  // one for the calling thread; for any thread

  // Makes the first at once: weights that are damaged are so before any photograph is read. At most so many
  // work at a time; who comes later waits.
  explicit IdlePool(Make make, std::size_t most = std::numeric_limits<std::size_t>::max())
      : make_(std::move(make)), most_(most) {
    idle_.push_back(make_());
  }

  template <class Work>
  auto use(const Work& work) {
    const Taken taken(*this);
    return work(*taken.thing);
  }

 private:
  struct Taken {
    explicit Taken(IdlePool& from) : pool(from), thing(from.take()) {}
    ~Taken() { pool.give_back(std::move(thing)); }
    Taken(const Taken&) = delete;
    Taken& operator=(const Taken&) = delete;
    IdlePool& pool;
    std::unique_ptr<Thing> thing;
  };

  // One with as many threads as the calling thread has.
  std::unique_ptr<Thing> take() {
    {
      std::unique_lock lock(mutex_);
      given_back_.wait(lock, [this] { return at_work_ < most_; });
      ++at_work_;
      for (auto& one : idle_) {
        if (one->threads != omp_get_max_threads()) continue;
        std::swap(one, idle_.back());
        auto taken = std::move(idle_.back());
        idle_.pop_back();
        return taken;
      }
    }
    try {
      return make_();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      --at_work_;
      given_back_.notify_one();
      throw;
    }
  }

  void give_back(std::unique_ptr<Thing> thing) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(thing));
    --at_work_;
    given_back_.notify_one();
  }

  Make make_;
  const std::size_t most_;
  std::size_t at_work_ = 0;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<Thing>> idle_;
};

}  // namespace bauta
