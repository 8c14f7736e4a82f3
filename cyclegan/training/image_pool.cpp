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
  auto remembered = static_cast<int>(pictures_.size());
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
      if (static_cast<int>(pictures_.size()) >= capacity_) continue;
      pictures_.push_back(Tensor::empty(fakes.engine(), fake.shape()));
      copy(pictures_.back(), fake);
    } else {
      BAUTA_CHECK(choice >= 0 && choice < static_cast<int>(pictures_.size()), "choice ", choice, " among ",
                  pictures_.size(), " pictures");
      const Tensor& kept = pictures_[static_cast<std::size_t>(choice)];
      copy(picture_of(shown, n), kept);
      copy(kept, fake);
    }
  }
  return shown;
}

}  // namespace bauta
