#include "apps/in_order.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace bauta {
namespace {

class InOrder {
 public:
  InOrder(std::size_t things, const std::function<void()>& begin, const OrderedWork& ordered)
      : begin_(begin), ordered_(ordered), done_(things) {}

  void run() {
    std::size_t i = 0;  // what begin throws is of no thing, and comes first
    try {
      begin_();
      while (take(i)) {
        ordered_.work(i);
        finish(i);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_ || i < failed_) error_ = std::current_exception();
      failed_ = std::min(failed_, i);
      handed_some_over_.notify_all();
    }
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  bool take(std::size_t& i) {
    std::unique_lock lock(mutex_);
    handed_some_over_.wait(lock, [this] { return error_ || next_ < handed_over_ + kMostAhead; });
    if (error_ || next_ == done_.size() || (ordered_.stop && ordered_.stop())) return false;
    i = next_++;
    return true;
  }
  void finish(std::size_t i) {
    const std::lock_guard lock(mutex_);
    done_[i] = true;
    for (; !error_ && handed_over_ < done_.size() && done_[handed_over_]; ++handed_over_)
      ordered_.hand_over(handed_over_);
    handed_some_over_.notify_all();
  }

  const std::function<void()>& begin_;
  const OrderedWork& ordered_;
  std::mutex mutex_;
  std::condition_variable handed_some_over_;
  std::size_t next_ = 0, handed_over_ = 0;
  std::vector<bool> done_;
  std::exception_ptr error_;
  std::size_t failed_ = std::numeric_limits<std::size_t>::max();  // the first thing that threw it
};

}  // namespace

void work_in_order(std::size_t things, int workers, const std::function<void()>& begin,
                   const OrderedWork& ordered) {
  InOrder in_order(things, begin, ordered);
  const auto wanted = std::min(things, static_cast<std::size_t>(std::max(workers, 1)));
  if (wanted <= 1) {
    in_order.run();
  } else {
    std::vector<std::jthread> threads;
    try {
      while (threads.size() < wanted) threads.emplace_back([&in_order] { in_order.run(); });
    } catch (const std::system_error&) {  // the system gives no more: those there are do the work
    }
    if (threads.empty()) in_order.run();
  }
  in_order.rethrow();
}

}  // namespace bauta
