// A memory of fake pictures: a discriminator is shown older ones too, so that it does not forget what it has
// learned (Shrivastava et al. 2017; Zhu et al. 2017, section 4).
#pragma once

#include <span>
#include <vector>

#include "nn/small_copies.h"
#include "nn/tensor.h"
#include "nn/uploaded.h"

namespace bauta {

class ImagePool {
 public:
  explicit ImagePool(int capacity) : capacity_(capacity) {}

  // Which picture is shown for one new fake.
  static constexpr int kShowNew = -1;  // the new one; it is remembered only while the pool is not full

  // Choices for `count` new pictures: while there is room kShowNew; then half of the time kShowNew, else one
  // of the remembered, which the new one replaces.
  std::vector<int> draw(int count, RandomStream stream) const;

  // What is to be shown for the fakes of the next exchange, once the copies are sent: one choice each (see
  // draw); fakes (N,H,W,C). Throws CheckError when a choice is no place in the pool.
  void choose(Engine& engine, Shape fakes, std::span<const int> choices, SmallCopies& copies);
  // Returns the pictures to show, off the tape. Reads from memory what choose() has put there, so it can be
  // recorded (nn/recorded.h).
  Tensor exchange(const Tensor& fakes) const;

  // The remembered pictures, (1,H,W,C) each; for checkpoints.
  std::vector<Tensor> pictures() const;
  // Throws CheckError when there are more than the capacity.
  void restore(const std::vector<Tensor>& pictures);

 private:
  int capacity_;
  int count_ = 0;
  Tensor storage_;  // (capacity,H,W,C), made for the first picture: later ones allocate nothing
  Uploaded<PoolChoice> choices_;
};

}  // namespace bauta
