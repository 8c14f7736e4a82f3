#include "apps/serve/work_line.h"

namespace bauta {

WorkLine::WorkLine(std::function<void()> begin) : begin_(std::move(begin)), thread_([this] { serve(); }) {}

WorkLine::~WorkLine() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  asked_.notify_one();
  thread_.join();
}

void WorkLine::run(std::function<void()> work) {
  std::packaged_task<void()> task(std::move(work));
  std::future<void> done = task.get_future();
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(task));
  }
  asked_.notify_one();
  done.get();
}

void WorkLine::serve() {
  begin_();
  std::unique_lock lock(mutex_);
  for (;;) {
    asked_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    std::packaged_task<void()> task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace bauta
