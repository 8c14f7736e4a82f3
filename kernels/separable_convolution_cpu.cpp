#include "kernels/separable_convolution.h"

#include <omp.h>

#include <array>

#include "kernels/check.h"
#include "kernels/register_tile.h"

namespace bauta::BAUTA_BACKEND {

namespace {

constexpr int kTaps = 3;
// Output rows that a thread makes at a time: two more of t are made anew for each such strip.
constexpr Index kStrip = 32;
// Windows side by side whose sums are kept in registers together, and what they see of a row.
#ifdef BAUTA_VECTORS_OF_64_BYTES
constexpr Index kWindows = 8;  // 8 sums, 10 pixels, a tap: 19 of 32 registers
#else
constexpr Index kWindows = 4;  // 4 sums, 6 pixels, a tap: 11 of 16 registers
#endif

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

  // Channels [c, c + kLanes) of windows [q, q + kPixels).
  template <Index kPixels>
  void sum_vectors(float* y, const Rows& rows, Index q, Index c) const {
    Vector sum[kPixels] = {};
#pragma GCC unroll 3
    for (std::size_t r = 0; r < kTaps; ++r) {
      Vector seen[kPixels + kTaps - 1];
#pragma GCC unroll 16
      for (Index p = 0; p < kPixels + kTaps - 1; ++p) seen[p] = load(rows[r] + (q + p) * channels + c);
#pragma GCC unroll 3
      for (Index s = 0; s < kTaps; ++s) {
        const Vector tap = load(taps + (static_cast<Index>(r) * kTaps + s) * channels + c);
#pragma GCC unroll 16
        for (Index p = 0; p < kPixels; ++p) sum[p] += seen[p + s] * tap;
      }
    }
    const Vector added = load(bias + c), zero{};
#pragma GCC unroll 16
    for (Index p = 0; p < kPixels; ++p) {
      const Vector value = sum[p] + added;
      store(y + (q + p) * channels + c, rectified ? (value > zero ? value : zero * value) : value);
    }
  }
  // The channels from c on, fewer than kLanes, of one window.
  void sum_rest(float* y, const Rows& rows, Index q, Index c) const {
    const Index rest = channels - c;
    float sum[kLanes] = {};
    for (std::size_t r = 0; r < kTaps; ++r)
      for (Index s = 0; s < kTaps; ++s) {
        const float* const from = rows[r] + (q + s) * channels + c;
        const float* const tap = taps + (static_cast<Index>(r) * kTaps + s) * channels + c;
#pragma omp simd
        for (Index l = 0; l < rest; ++l) sum[l] += from[l] * tap[l];
      }
    for (Index l = 0; l < rest; ++l) {
      const float value = sum[l] + bias[c + l];
      y[q * channels + c + l] = !rectified || value > 0 ? value : 0 * value;
    }
  }
  void operator()(float* y, const Rows& rows, Index pixels) const {
    Index c = 0;
    for (; c + kLanes <= channels; c += kLanes) {
      Index q = 0;
      for (; q + kWindows <= pixels; q += kWindows) sum_vectors<kWindows>(y, rows, q, c);
      for (; q < pixels; ++q) sum_vectors<1>(y, rows, q, c);
    }
    if (c < channels)
      for (Index q = 0; q < pixels; ++q) sum_rest(y, rows, q, c);
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
