// Where kernels run: which backend, on how many threads, with which scratch memory.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace bauta {

struct Backend;  // kernels/backend.h: the launchers of one device and instruction set

// One per thread of control; not to be used from two threads at once.
class Context {
 public:
  // backend: see available_backends(); threads: 0 takes every core this process may run on.
  explicit Context(const Backend& backend, int threads = 0);
  Context();  // the best backend of this machine, every core
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Backend& backend() const { return *backend_; }
  int threads() const { return threads_; }

  // Scratch for one kernel call: 64-byte aligned, contents undefined, valid until the next call.
  // Grows to the largest request and stays; kernels use it so that they never allocate.
  float* workspace(std::size_t floats) const;

 private:
  const Backend* backend_;
  int threads_;
  mutable float* workspace_ = nullptr;
  mutable std::size_t workspace_floats_ = 0;
};

// The backends that this machine can run, best first: cpu_avx512, cpu_avx2, cpu_baseline.
const std::vector<const Backend*>& available_backends();
// By name; throws CheckError naming the ones there are.
const Backend& backend_by_name(const std::string& name);

}  // namespace bauta
