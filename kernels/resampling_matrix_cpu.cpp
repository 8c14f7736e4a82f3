#include "kernels/resampling_matrix.h"

#include "kernels/parallel_cpu.h"
#include "kernels/resampling.h"

namespace bauta::BAUTA_BACKEND {

void resampling_matrix(View y, std::span<const MosaicBox> boxes, Along axis, float growth, int channels,
                       const Context& ctx) {
  const Shape s = y.shape;
  BAUTA_CHECK(channels >= 1 && s.h % channels == 0 && s.w % channels == 0 && s.c == 1, "y is ", s, " for ",
              channels, " channels");
  BAUTA_CHECK(static_cast<Index>(boxes.size()) == s.n, "there are ", boxes.size(), " boxes, y is ", s);
  const MosaicBox* const box_of = boxes.data();
  const int to = s.h / channels, from = s.w / channels;
  parallel_for(Index{s.n} * s.h, count_of(s), ctx, [=](Index row) {
    const MosaicBox& box = box_of[row / s.h];
    const int i = static_cast<int>(row % s.h) / channels, channel = static_cast<int>(row % s.h) % channels;
    const float place = axis == Along::X ? place_in_box(box.x, box.width, growth, i, to, from)
                                         : place_in_box(box.y, box.height, growth, i, to, from);
    float* const weights = y.floats() + row * s.w;
    for (Index j = 0; j < s.w; ++j) weights[j] = 0;
    for (int j = 0; j < from; ++j) weights[j * channels + channel] = tent(place, j);
  });
}

}  // namespace bauta::BAUTA_BACKEND
