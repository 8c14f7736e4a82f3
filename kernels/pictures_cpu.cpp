#include "kernels/pictures.h"

#include "kernels/parallel_cpu.h"
#include "kernels/picture_bytes.h"
#include "kernels/resampling.h"

namespace bauta::BAUTA_BACKEND {

namespace {

// Row h of a picture of this shape, as a cut of another size shows it.
void resample_row(float* to, const PictureCut& cut, Index h, const Shape& s) {
  const int from_width = cut.cut_width > 0 ? cut.cut_width : s.w;
  const Tap row(static_cast<int>(h), s.h, cut.cut_height > 0 ? cut.cut_height : s.h);
  const auto start = [&](int of_cut) {
    return cut.pixels + ((Index{cut.y} + of_cut) * cut.width + cut.x) * s.c;
  };
  const std::uint8_t *const top = start(row.at), *const bottom = start(row.next);
  for (int w = 0; w < s.w; ++w) {
    const Tap column(cut.mirrored ? s.w - 1 - w : w, s.w, from_width);
    const Index at = Index{column.at} * s.c, next = Index{column.next} * s.c;
    for (Index c = 0; c < s.c; ++c) {
      const auto line = [&](const std::uint8_t* bytes) {
        return between(bytes[at + c], bytes[next + c], column.weight);
      };
      *to++ = from_level(between(line(top), line(bottom), row.weight));
    }
  }
}

}  // namespace

void augment(View y, std::span<const PictureCut> source, const Context& ctx) {
  const Shape s = y.shape;
  const PictureCut* const cuts = source.data();
  const Index pictures = static_cast<Index>(source.size());
  BAUTA_CHECK(pictures == s.n, "there are ", pictures, " sources, y is ", s);
  if (s.count() == 0) return;
  for (Index n = 0; n < pictures; ++n) {
    const PictureCut& cut = cuts[n];
    BAUTA_CHECK(cut.pixels != nullptr, "source ", n, " has no pixels");
    BAUTA_CHECK(cut.cut_width >= 0 && cut.cut_height >= 0, "the cut of source ", n, " is ", cut.cut_width,
                " x ", cut.cut_height);
    const Index width = cut.cut_width > 0 ? cut.cut_width : s.w;
    const Index height = cut.cut_height > 0 ? cut.cut_height : s.h;
    BAUTA_CHECK(cut.x >= 0 && cut.y >= 0 && cut.x + width <= cut.width && cut.y + height <= cut.height,
                "the cut of ", width, " x ", height, " at (", cut.x, ", ", cut.y, ") leaves source ", n,
                " of ", cut.width, " x ", cut.height);
  }

  const Index channels = s.c, width = s.w, row = width * channels;
  parallel_for(Index{s.n} * s.h, count_of(s), ctx, [=](Index i) {
    const PictureCut& cut = cuts[i / s.h];
    float* const to = y.floats() + i * row;
    const auto same = [](int of_cut, int of_y) { return of_cut == 0 || of_cut == of_y; };
    if (!same(cut.cut_width, s.w) || !same(cut.cut_height, s.h)) return resample_row(to, cut, i % s.h, s);
    const std::uint8_t* const from = cut.pixels + ((cut.y + i % s.h) * cut.width + cut.x) * channels;
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
