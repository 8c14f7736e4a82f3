#include "kernels/separable_convolution.h"

#include <omp.h>

#include <array>
#include <type_traits>

#include "kernels/check.h"
#include "kernels/register_tile.h"

namespace bauta::BAUTA_BACKEND {

namespace {

constexpr int kTaps = 3;
// Output rows that a thread makes at a time: two more of t are made anew for each such strip.
constexpr Index kStrip = 32;
// Windows side by side, and channels, whose sums are kept in registers together.
constexpr Index kWindows = 4, kManyChannels = 32, kFewChannels = 16;

void check_shapes(const char* name, const Shape& y, const Shape& x, const SeparableWeights& weights) {
  const Shape bias{1, 1, 1, y.c};
  if (x.n != y.n || x.h != y.h || x.w != y.w || weights.across.shape != (Shape{y.c, 1, 1, x.c}) ||
      weights.each.shape != (Shape{1, kTaps, kTaps, y.c}) || weights.across_bias.shape != bias ||
      weights.each_bias.shape != bias)
    fail_check(name, "shapes fit together", __FILE__, __LINE__, "x ", x, ", y ", y, ", across ",
               weights.across.shape, ", each ", weights.each.shape);
}

// The convolution across channels, a row of pixels at a time.
class Across {
 public:
  Across(const SeparableWeights& weights, float* packed) : bias_(weights.across_bias), packed_(packed) {
    const Shape shape = weights.across.shape;
    outputs_ = shape.n, inputs_ = shape.c;
    for (Index panel = 0; panel < panels(outputs_); ++panel)
      pack_transposed(packed + panel * kPanel * inputs_, weights.across.floats() + panel * kPanel * inputs_,
                      inputs_, inputs_, panel_columns(outputs_, panel), panel_width(outputs_, panel));
  }
  static Index packed_floats_of(const Shape& across) { return packed_floats(across.c, across.n); }

  void operator()(float* to, const float* from, Index pixels) const {
    for (Index panel = 0; panel < panels(outputs_); ++panel)
      for (Index pixel = 0; pixel < pixels; pixel += kTileRows) {
        const Index rows = smaller(kTileRows, pixels - pixel);
        const float* a[kTileRows];
        float* c[kTileRows];
        for (Index row = 0; row < rows; ++row) {
          a[row] = from + (pixel + row) * inputs_;
          c[row] = to + (pixel + row) * outputs_ + panel * kPanel;
        }
        multiply_tile(c, a, rows, panel_columns(outputs_, panel), {.count = 1, .length = inputs_},
                      packed_ + panel * kPanel * inputs_, false);
      }
    const float* const bias = bias_.floats();
    for (Index pixel = 0; pixel < pixels; ++pixel)
#pragma omp simd
      for (Index c = 0; c < outputs_; ++c) to[pixel * outputs_ + c] += bias[c];
  }

 private:
  ConstView bias_;
  const float* packed_;
  Index outputs_, inputs_;
};

// Three rows of t under one of y, from the left border's zeros on.
using Rows = std::array<const float*, kTaps>;

// The convolution of each channel by itself, for a row of y.
struct Each {
  const float *taps, *bias;
  Index channels;
  bool rectified;

  // Channels [c, c + lanes) of kPixels windows from pixel q on.
  template <Index kPixels, class Lanes>
  void sum(float* y, const Rows& rows, Index q, Index c, Lanes lanes) const {
    float sums[kPixels][kManyChannels] = {};
#pragma GCC unroll 3
    for (Index r = 0; r < kTaps; ++r)
#pragma GCC unroll 3
      for (Index s = 0; s < kTaps; ++s) {
        const float* const from = rows[static_cast<std::size_t>(r)] + (q + s) * channels + c;
        const float* const tap = taps + (r * kTaps + s) * channels + c;
#pragma GCC unroll 4
        for (Index p = 0; p < kPixels; ++p)
#pragma omp simd
          for (Index l = 0; l < lanes; ++l) sums[p][l] += from[p * channels + l] * tap[l];
      }
#pragma GCC unroll 4
    for (Index p = 0; p < kPixels; ++p)
#pragma omp simd
      for (Index l = 0; l < lanes; ++l) {
        const float value = sums[p][l] + bias[c + l];
        y[(q + p) * channels + c + l] = !rectified || value > 0 ? value : 0 * value;
      }
  }
  template <class Lanes>
  void sum_row(float* y, const Rows& rows, Index pixels, Index c, Lanes lanes) const {
    Index q = 0;
    for (; q + kWindows <= pixels; q += kWindows) sum<kWindows>(y, rows, q, c, lanes);
    for (; q < pixels; ++q) sum<1>(y, rows, q, c, lanes);
  }
  void operator()(float* y, const Rows& rows, Index pixels) const {
    Index c = 0;
    for (; c + kManyChannels <= channels; c += kManyChannels)
      sum_row(y, rows, pixels, c, std::integral_constant<Index, kManyChannels>());
    for (; c + kFewChannels <= channels; c += kFewChannels)
      sum_row(y, rows, pixels, c, std::integral_constant<Index, kFewChannels>());
    if (c < channels) sum_row(y, rows, pixels, c, channels - c);
  }
};

}  // namespace

void separable_fprop(View y, ConstView x, const SeparableWeights& weights, bool rectified,
                     const Context& ctx) {
  check_shapes(__func__, y.shape, x.shape, weights);
  const Index height = y.shape.h, width = y.shape.w, inputs = x.shape.c, channels = y.shape.c;
  const Index strips = ceil_div(height, kStrip), row_floats = (width + kTaps - 1) * channels;
  const Index packed = Across::packed_floats_of(weights.across.shape), ring = kTaps * row_floats;
  float* const scratch = ctx.workspace(static_cast<std::size_t>(packed + ctx.threads() * ring));
  const Across across(weights, scratch);
  const Each each{weights.each.floats(), weights.each_bias.floats(), channels, rectified};

#pragma omp parallel for schedule(static) num_threads(ctx.threads())
  for (Index i = 0; i < Index{y.shape.n} * strips; ++i) {
    const Index n = i / strips, first = i % strips * kStrip, last = smaller(first + kStrip, height);
    float* const rows = scratch + packed + omp_get_thread_num() * ring;
    const auto row_of = [=](Index h) { return rows + (h + kTaps) % kTaps * row_floats; };
    // Row h of t takes the place of row h - 3, with zeros to its left and right.
    const auto make = [&](Index h) {
      float* const row = row_of(h);
      if (h < 0 || h >= height) {
        for (Index at = 0; at < row_floats; ++at) row[at] = 0;
        return;
      }
      for (Index c = 0; c < channels; ++c) row[c] = row[row_floats - channels + c] = 0;
      across(row + channels, x.floats() + (n * height + h) * width * inputs, width);
    };
    make(first - 1);
    make(first);
    for (Index p = first; p < last; ++p) {
      make(p + 1);
      each(y.floats() + (n * height + p) * width * channels, {row_of(p - 1), row_of(p), row_of(p + 1)},
           width);
    }
  }
}

}  // namespace bauta::BAUTA_BACKEND
