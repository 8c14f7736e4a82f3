// Sums over the pixels of each picture and channel, whose order never changes: what instance norms need on
// the CPU. Included by *_cpu.cpp only: all names are local to the file.
#pragma once

#include <cmath>

#include "kernels/parallel_cpu.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Channels whose sums are kept in registers while a chunk of pixels goes by.
constexpr Index kLanes = 32;
// Pixels of a chunk, at most: so few that their sum in float loses nothing.
constexpr Index kPixels = 256;

// How a batch is cut: each picture into chunks of pixels that fit in the cache.
struct Partition {
  Index pictures, pixels, channels, chunk, chunks;

  explicit Partition(const Shape& s)
      : pictures(s.n),
        pixels(Index{s.h} * s.w),
        channels(s.c),
        chunk(larger(1, smaller(kPixels, kChunk / larger(1, channels)))),
        chunks(divide_up(pixels, chunk)) {}
  Index items() const { return pictures * chunks; }
  Index elements() const { return pictures * pixels * channels; }
  Index outputs() const { return pictures * channels; }
  Index picture(Index item) const { return item / chunks; }
  Index begin(Index item) const { return item % chunks * chunk; }
  Index size(Index item) const { return smaller(chunk, pixels - begin(item)); }
  // The chunk's first float.
  Index offset(Index item) const { return (picture(item) * pixels + begin(item)) * channels; }
  // Of the workspace, for the chunks' sums.
  Index partials() const { return 2 * items() * channels; }
};

// Calls f(c, lanes) for each group of channels; lanes is a constant where it can be.
template <class Function>
inline void for_lanes(Index channels, const Function& f) {
  Index c = 0;
  for (; c + kLanes <= channels; c += kLanes) f(c, kLanes);
  if (c < channels) f(c, channels - c);
}

// finish(i, shift, center, variance) for each picture and channel, which i counts: the mean is shift +
// center. All of it is done with x - shift, shift being the picture's first pixel: a difference of neighbours
// is exact however large their common mean is.
template <class Finish>
inline void sum_moments(const float* x, const Partition& cut, float* partials, const Context& ctx,
                        const Finish& finish) {
  const Index channels = cut.channels, items = cut.items();
  float* const means = partials;
  float* const squares = means + items * channels;  // sums of squared distances from the chunk's mean

  parallel_for(items, cut.elements(), ctx, [=](Index item) {
    const float* const chunk = x + cut.offset(item);
    const float* const first = x + cut.picture(item) * cut.pixels * channels;
    const Index pixels = cut.size(item);
    for_lanes(channels, [&](Index c, Index lanes) {
      float shift[kLanes], sum[kLanes], square[kLanes];
      for (Index l = 0; l < lanes; ++l) {
        shift[l] = first[c + l];
        sum[l] = square[l] = 0;
      }
      for (Index p = 0; p < pixels; ++p)
        for (Index l = 0; l < lanes; ++l) sum[l] += chunk[p * channels + c + l] - shift[l];
      for (Index l = 0; l < lanes; ++l) sum[l] /= static_cast<float>(pixels);
      for (Index p = 0; p < pixels; ++p)
        for (Index l = 0; l < lanes; ++l) {
          const float centered = chunk[p * channels + c + l] - shift[l] - sum[l];
          square[l] += centered * centered;
        }
      for (Index l = 0; l < lanes; ++l) {
        means[item * channels + c + l] = sum[l];
        squares[item * channels + c + l] = square[l];
      }
    });
  });

  // The chunks' statistics become the picture's (Chan, Golub, LeVeque 1983), in the order of the chunks.
  parallel_for(cut.pictures, cut.partials(), ctx, [=](Index n) {
    const Index begin = n * cut.chunks, end = begin + cut.chunks;
    const double pixels = static_cast<double>(cut.pixels);
    for_lanes(channels, [&](Index c, Index lanes) {
      double mean[kLanes] = {}, square[kLanes] = {};
      for (Index item = begin; item < end; ++item)
        for (Index l = 0; l < lanes; ++l)
          mean[l] +=
              static_cast<double>(means[item * channels + c + l]) * static_cast<double>(cut.size(item));
      for (Index l = 0; l < lanes; ++l) mean[l] /= pixels;
      for (Index item = begin; item < end; ++item)
        for (Index l = 0; l < lanes; ++l) {
          const double between = static_cast<double>(means[item * channels + c + l]) - mean[l];
          square[l] += static_cast<double>(squares[item * channels + c + l]) +
                       static_cast<double>(cut.size(item)) * between * between;
        }
      for (Index l = 0; l < lanes; ++l)
        finish(n * channels + c + l, x[n * cut.pixels * channels + c + l], mean[l], square[l] / pixels);
    });
  });
}

// A gradient, and what it is multiplied by in the second sum.
struct Term {
  float gradient, value;
};

// finish(i, mean of gradients, mean of gradient * value) for each picture and channel, which i counts.
// terms(item) gives the function (at, c) -> Term for the items's elements; at counts floats of the tensor.
template <class Terms, class Finish>
inline void sum_terms(const Partition& cut, float* partials, const Context& ctx, const Terms& terms,
                      const Finish& finish) {
  const Index channels = cut.channels, items = cut.items();
  float* const sums = partials;
  float* const products = sums + items * channels;

  parallel_for(items, cut.elements(), ctx, [=](Index item) {
    const auto term = terms(item);
    const Index offset = cut.offset(item), pixels = cut.size(item);
    for_lanes(channels, [&](Index c, Index lanes) {
      float sum[kLanes], product[kLanes];
      for (Index l = 0; l < lanes; ++l) sum[l] = product[l] = 0;
      for (Index p = 0; p < pixels; ++p)
        for (Index l = 0; l < lanes; ++l) {
          const auto [gradient, value] = term(offset + p * channels + c + l, c + l);
          sum[l] += gradient;
          product[l] += gradient * value;
        }
      for (Index l = 0; l < lanes; ++l) {
        sums[item * channels + c + l] = sum[l];
        products[item * channels + c + l] = product[l];
      }
    });
  });

  parallel_for(cut.pictures, cut.partials(), ctx, [=](Index n) {
    const Index begin = n * cut.chunks, end = begin + cut.chunks;
    const double pixels = static_cast<double>(cut.pixels);
    for_lanes(channels, [&](Index c, Index lanes) {
      double sum[kLanes] = {}, product[kLanes] = {};
      for (Index item = begin; item < end; ++item)
        for (Index l = 0; l < lanes; ++l) {
          sum[l] += static_cast<double>(sums[item * channels + c + l]);
          product[l] += static_cast<double>(products[item * channels + c + l]);
        }
      for (Index l = 0; l < lanes; ++l) finish(n * channels + c + l, sum[l] / pixels, product[l] / pixels);
    });
  });
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
