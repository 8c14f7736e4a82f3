#include "kernels/pictures.h"

#include "kernels/parallel_cpu.h"
#include "kernels/picture_bytes.h"

namespace bauta::BAUTA_BACKEND {

void augment(View y, std::span<const PictureCut> source, const Context& ctx) {
  const Shape s = y.shape;
  const PictureCut* const cuts = source.data();
  const Index pictures = static_cast<Index>(source.size());
  BAUTA_CHECK(pictures == s.n, "there are ", pictures, " sources, y is ", s);
  if (s.count() == 0) return;
  for (Index n = 0; n < pictures; ++n) {
    const PictureCut& cut = cuts[n];
    BAUTA_CHECK(cut.pixels != nullptr, "source ", n, " has no pixels");
    BAUTA_CHECK(
        cut.x >= 0 && cut.y >= 0 && Index{cut.x} + s.w <= cut.width && Index{cut.y} + s.h <= cut.height,
        "the cut of ", s.w, " x ", s.h, " at (", cut.x, ", ", cut.y, ") leaves source ", n, " of ", cut.width,
        " x ", cut.height);
  }

  const Index channels = s.c, width = s.w, row = width * channels;
  parallel_for(Index{s.n} * s.h, count_of(s), ctx, [=](Index i) {
    const PictureCut& cut = cuts[i / s.h];
    const std::uint8_t* const from = cut.pixels + ((cut.y + i % s.h) * cut.width + cut.x) * channels;
    float* const to = y.floats() + i * row;
    if (!cut.mirrored) {
#pragma omp simd
      for (Index k = 0; k < row; ++k) to[k] = from_byte(from[k]);
    } else {
      for (Index w = 0; w < width; ++w)
        for (Index c = 0; c < channels; ++c)
          to[w * channels + c] = from_byte(from[(width - 1 - w) * channels + c]);
    }
  });
}

void to_bytes(std::uint8_t* out, ConstView x, const Context& ctx) {
  parallel_ranges(count_of(x.shape), ctx, [=](Index begin, Index end) {
    std::uint8_t* const to = out;
    const float* const from = x.floats();
#pragma omp simd
    for (Index i = begin; i < end; ++i) to[i] = static_cast<std::uint8_t>(to_byte(from[i]));
  });
}

}  // namespace bauta::BAUTA_BACKEND
