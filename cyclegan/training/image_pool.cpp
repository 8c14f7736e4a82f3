#include "cyclegan/training/image_pool.h"

#include "kernels/check.h"

namespace bauta {

namespace {

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

void ImagePool::choose(Engine& engine, Shape fakes, std::span<const int> choices, SmallCopies& copies) {
  BAUTA_CHECK(choices.size() == static_cast<std::size_t>(fakes.n), choices.size(), " choices for ", fakes.n,
              " pictures");
  if (!storage_) storage_ = Tensor::zeros(engine, {capacity_, fakes.h, fakes.w, fakes.c}, engine.storage());
  std::vector<PoolChoice> places;
  for (const int choice : choices) {
    if (choice == kShowNew) {
      places.push_back({.show = -1, .keep = count_ < capacity_ ? count_++ : -1});
    } else {
      BAUTA_CHECK(choice >= 0 && choice < count_, "choice ", choice, " among ", count_, " pictures");
      places.push_back({.show = choice, .keep = choice});
    }
  }
  if (choices_.size() != places.size()) choices_ = Uploaded<PoolChoice>(engine, places.size());
  copies.add(choices_.data(), std::span<const PoolChoice>(places));
}

Tensor ImagePool::exchange(const Tensor& fakes) const {
  Tensor shown = Tensor::empty(fakes.engine(), fakes.shape(), fakes.dtype());
  const Engine& engine = fakes.engine();
  engine.kernels().pool_exchange(shown.view(), storage_.view(), fakes.view(), choices_, engine.context());
  return shown;
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
  for (const Tensor& picture : pictures) {
    const Shape& one = picture.shape();
    Engine& engine = picture.engine();
    if (!storage_) storage_ = Tensor::zeros(engine, {capacity_, one.h, one.w, one.c}, engine.storage());
    picture_of(storage_, count_++).assign(picture.values());
  }
}

}  // namespace bauta
