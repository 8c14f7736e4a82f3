#pragma once

#include <omp.h>

namespace bauta::capi {

// The calling thread's OpenMP threads, for as long as this lives. 0: every core.
class ThreadsOfCall {
 public:
  explicit ThreadsOfCall(int threads) : before_(omp_get_max_threads()) {
    omp_set_num_threads(threads > 0 ? threads : omp_get_num_procs());
  }
  ~ThreadsOfCall() { omp_set_num_threads(before_); }
  ThreadsOfCall(const ThreadsOfCall&) = delete;
  ThreadsOfCall& operator=(const ThreadsOfCall&) = delete;

 private:
  int before_;
};

}  // namespace bauta::capi
