// A queue between two threads that holds no more than so many things.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

namespace bauta {

template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t most) : most_(most) {}

  // Waits for room. false: the queue is closed, and the thing is lost.
  bool push(T thing) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || things_.size() < most_; });
    if (closed_) return false;
    things_.push_back(std::move(thing));
    changed_.notify_all();
    return true;
  }

  // Waits for a thing; nothing once the queue is closed and empty.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !things_.empty(); });
    if (things_.empty()) return {};
    std::optional<T> thing(std::move(things_.front()));
    things_.pop_front();
    changed_.notify_all();
    return thing;
  }

  // No more comes; what is in it can still be taken.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  // And what is in it is not wanted either.
  void abandon() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    things_.clear();
    changed_.notify_all();
  }

 private:
  std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> things_;
  bool closed_ = false;
};

}  // namespace bauta
