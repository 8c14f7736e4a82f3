#include "kernels/mosaic.h"

#include <cstring>

#include "kernels/parallel_cpu.h"
#include "kernels/visible_box.h"

namespace bauta::BAUTA_BACKEND {

namespace {

void copy(float* to, const float* from, Index count) {
  if (to != from && count > 0) std::memmove(to, from, static_cast<std::size_t>(count) * sizeof(float));
}

void copy_or_zero(float* to, const float* from, Index count) {
  if (from)
    copy(to, from, count);
  else if (count > 0)
    std::memset(to, 0, static_cast<std::size_t>(count) * sizeof(float));
}

// y = mean of x over a rectangle of pixels, a group of channels at a time. row: floats from row to row.
void average(float* y, const float* x, Index rows, Index columns, Index row, Index channels) {
  constexpr Index kLanes = 64;
  for (Index c = 0; c < channels; c += kLanes) {
    const Index lanes = smaller(kLanes, channels - c);
    double sum[kLanes] = {};
    for (Index h = 0; h < rows; ++h)
      for (Index w = 0; w < columns; ++w) {
        const float* const from = x + h * row + w * channels + c;
        for (Index l = 0; l < lanes; ++l) sum[l] += static_cast<double>(from[l]);
      }
    float mean[kLanes];
    for (Index l = 0; l < lanes; ++l)
      mean[l] = static_cast<float>(sum[l] / static_cast<double>(rows * columns));
    for (Index h = 0; h < rows; ++h)
      for (Index w = 0; w < columns; ++w) {
        float* const to = y + h * row + w * channels + c;
        for (Index l = 0; l < lanes; ++l) to[l] = mean[l];
      }
  }
}

}  // namespace

void mosaic(View y, ConstView x, std::span<const MosaicBox> boxes, const Context& ctx) {
  const Shape s = x.shape;
  const MosaicBox* const box_of = boxes.data();
  const Index pictures = static_cast<Index>(boxes.size());
  BAUTA_CHECK(y.shape == s, "y is ", y.shape, ", x is ", s);
  BAUTA_CHECK(pictures == s.n, "there are ", pictures, " boxes, x is ", s);
  for (Index n = 0; n < pictures; ++n)
    BAUTA_CHECK(box_of[n].block >= 1, "the block of picture ", n, " is ", box_of[n].block);

  // One item a row of pixels: it copies what lies outside the box, and, where a row of blocks begins, writes
  // those blocks down to their last row.
  const Index channels = s.c, row = s.w * channels;
  parallel_for(Index{s.n} * s.h, count_of(s), ctx, [=](Index i) {
    const Index h = i % s.h;
    const MosaicBox& box = box_of[i / s.h];
    const VisibleBox visible(box, s);
    const float* const from = x.floats() + i * row;
    float* const to = y.floats() + i * row;
    if (!visible.has_row(h)) return copy(to, from, row);
    copy(to, from, visible.left * channels);
    copy(to + visible.right * channels, from + visible.right * channels, (s.w - visible.right) * channels);

    const Index block = box.block, in_block = (h - box.y) % block;
    if (in_block != 0 && h != visible.top) return;
    const Index rows = smaller(h - in_block + block, visible.bottom) - h;
    for (Index w = visible.left; w < visible.right;) {
      const Index end = smaller(w - (w - box.x) % block + block, visible.right);
      average(to + w * channels, from + w * channels, rows, end - w, row, channels);
      w = end;
    }
  });
}

void box_select(View y, ConstView inside, ConstView outside, std::span<const MosaicBox> boxes,
                const Context& ctx) {
  const Shape s = y.shape;
  const MosaicBox* const box_of = boxes.data();
  const Index pictures = static_cast<Index>(boxes.size());
  BAUTA_CHECK(!inside.floats() || inside.shape == s, "inside is ", inside.shape, ", y is ", s);
  BAUTA_CHECK(!outside.floats() || outside.shape == s, "outside is ", outside.shape, ", y is ", s);
  BAUTA_CHECK(pictures == s.n, "there are ", pictures, " boxes, y is ", s);

  const Index channels = s.c, row = s.w * channels;
  parallel_for(Index{s.n} * s.h, count_of(s), ctx, [=](Index i) {
    const VisibleBox visible(box_of[i / s.h], s);
    const float* const in = inside.floats() ? inside.floats() + i * row : nullptr;
    const float* const out = outside.floats() ? outside.floats() + i * row : nullptr;
    float* const to = y.floats() + i * row;
    if (!visible.has_row(i % s.h)) return copy_or_zero(to, out, row);
    const Index left = visible.left * channels, right = visible.right * channels;
    copy_or_zero(to, out, left);
    copy_or_zero(to + left, in ? in + left : nullptr, right - left);
    copy_or_zero(to + right, out ? out + right : nullptr, row - right);
  });
}

}  // namespace bauta::BAUTA_BACKEND
