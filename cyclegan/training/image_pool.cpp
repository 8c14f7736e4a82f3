#include "cyclegan/training/image_pool.h"

#include "kernels/check.h"

namespace bauta {

namespace {

// to = from
void copy(const Tensor& to, const Tensor& from) {
  const Engine& engine = to.engine();
  engine.kernels().affine(to.view(), from.view(), 1, 0, engine.context());
}

Tensor picture_of(const Tensor& batch, int n) {
  const Shape one{1, batch.shape().h, batch.shape().w, batch.shape().c};
  return batch.alias(static_cast<std::size_t>(n) * one.count(), one);
}

}  // namespace

std::vector<int> ImagePool::draw(int count, RandomStream stream) const {
  std::vector<int> choices;
  int remembered = count_;
  for (int i = 0; i < count; ++i) {
    const auto block = static_cast<std::uint64_t>(i) * 2;
    const bool room = remembered < capacity_;
    const bool swap = !room && remembered > 0 && stream.below(2, block) == 1;
    const auto place = stream.below(static_cast<std::uint64_t>(remembered > 0 ? remembered : 1), block + 1);
    choices.push_back(swap ? static_cast<int>(place) : kShowNew);
    if (room) ++remembered;
  }
  return choices;
}

Tensor ImagePool::exchange(const Tensor& fakes, std::span<const int> choices) {
  BAUTA_CHECK(choices.size() == static_cast<std::size_t>(fakes.shape().n), choices.size(), " choices for ",
              fakes.shape().n, " pictures");
  Tensor shown = Tensor::empty(fakes.engine(), fakes.shape());
  for (int n = 0; n < fakes.shape().n; ++n) {
    const int choice = choices[static_cast<std::size_t>(n)];
    const Tensor fake = picture_of(fakes, n);
    if (choice == kShowNew) {
      copy(picture_of(shown, n), fake);
      if (count_ < capacity_) remember(fake);
    } else {
      BAUTA_CHECK(choice >= 0 && choice < count_, "choice ", choice, " among ", count_, " pictures");
      const Tensor kept = picture_of(storage_, choice);
      copy(picture_of(shown, n), kept);
      copy(kept, fake);
    }
  }
  return shown;
}

void ImagePool::remember(const Tensor& picture) {
  const Shape& one = picture.shape();
  if (!storage_) storage_ = Tensor::empty(picture.engine(), {capacity_, one.h, one.w, one.c});
  copy(picture_of(storage_, count_), picture);
  ++count_;
}

std::vector<Tensor> ImagePool::pictures() const {
  std::vector<Tensor> found;
  for (int i = 0; i < count_; ++i) found.push_back(picture_of(storage_, i));
  return found;
}

void ImagePool::restore(const std::vector<Tensor>& pictures) {
  BAUTA_CHECK(pictures.size() <= static_cast<std::size_t>(capacity_), pictures.size(),
              " pictures for a pool of ", capacity_);
  count_ = 0;
  storage_ = Tensor();
  for (const Tensor& picture : pictures) remember(picture);
}

}  // namespace bauta
