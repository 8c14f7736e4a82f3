// A backend with queues and graphs that computes nothing: it notes what it is asked for. With it the memory
// and the launches of networks of any size are known at once, without a card and without the memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/backend.h"

namespace bauta {

// One call of a launcher, or a copy, as its views tell: every tensor is read or written once, which is the
// least.
struct DryLaunch {
  std::string launcher;
  int launches = 1;  // of kernels: as many as a card is given
  std::string shapes;
  const Context* lane = nullptr;
  int section = 0;   // counts the forks and joins before it
  double flops = 0;  // of convolutions and matrix products, two a product
  double bytes = 0;
  std::int64_t tiles = 0;  // of 128 x 128 elements of a convolution's result, as a matrix
  DType dtype = DType::Float32;
};

// In the program, one at a time: starts noting when made.
class DryRun {
 public:
  DryRun();
  ~DryRun();
  DryRun(const DryRun&) = delete;
  DryRun& operator=(const DryRun&) = delete;

  static const Backend& backend();
  const std::vector<DryLaunch>& launches() const { return launches_; }
  void forget() { launches_.clear(); }

 private:
  friend struct DryNotes;
  std::vector<DryLaunch> launches_;
  int section_ = 0;
};

}  // namespace bauta
