// One piece of work at a time, on a thread of its own; the others wait in line.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

namespace bauta {

class WorkLine {
 public:
  // begin: called first on the working thread.
  explicit WorkLine(std::function<void()> begin);
  ~WorkLine();  // after what waits in line is done
  WorkLine(const WorkLine&) = delete;
  WorkLine& operator=(const WorkLine&) = delete;

  // Waits until it is done. Throws what it throws. For any number of threads.
  void run(std::function<void()> work);

 private:
  void serve();

  std::function<void()> begin_;
  std::mutex mutex_;
  std::condition_variable asked_;
  std::deque<std::packaged_task<void()>> waiting_;
  bool closing_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace bauta
