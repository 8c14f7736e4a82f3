#include "tests/kernels/rounded_convolution.h"

#include <cmath>
#include <vector>

namespace bauta::test {
namespace {

// Few channels are a picture's, and stay float32.
bool rounds(int channels) { return channels > 8; }

double rounded(double value) { return double{to_float(from_float<bfloat16>(static_cast<float>(value)))}; }

double product(double a, double b, int channels) {
  return rounds(channels) ? rounded(a) * rounded(b) : a * b;
}

// m X m^T.
template <int kRows, int kColumns>
void both_sides(double (&out)[kRows][kRows], const double (&m)[kRows][kColumns],
                const double (&in)[kColumns][kColumns]) {
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kRows; ++j) {
      out[i][j] = 0;
      for (int s = 0; s < kColumns; ++s)
        for (int t = 0; t < kColumns; ++t) out[i][j] += m[i][s] * in[s][t] * m[j][t];
    }
}

// Rows of `count` numbers, kEntries apart: each scaled to a length of 32000 and rounded to integers, times
// what brings them back.
constexpr int kEntries = 36;
void round_rows(double* numbers, int count) {
  for (int entry = 0; entry < kEntries; ++entry) {
    double squares = 0;
    for (int i = 0; i < count; ++i) squares += std::pow(numbers[i * kEntries + entry], 2);
    const double factor = squares > 0 ? 32000 / std::sqrt(squares) : 0;
    for (int i = 0; i < count; ++i) {
      double& number = numbers[i * kEntries + entry];
      number = squares > 0 ? std::nearbyint(number * factor) / factor : 0;
    }
  }
}

Array to_floats(const Shape& shape, const std::vector<double>& sums) {
  Array array(shape);
  for (std::size_t i = 0; i < sums.size(); ++i) array[i] = static_cast<float>(sums[i]);
  return array;
}

}  // namespace

bool by_tiles(const ConvCase& a) {
  return a.r == 3 && a.s == 3 && a.stride == 1 && a.c % 16 == 0 && a.k % 16 == 0 && a.c >= 32 && a.k >= 32 &&
         a.n * a.y().h * a.y().w >= 256;
}

Array of_rounded(const ConvCase& a, const Array& x, const Array& w) {
  std::vector<double> sums(a.y().count());
  each_product(a, [&](std::size_t i, std::size_t j, std::size_t o) {
    sums[o] += product(double{x[i]}, double{w[j]}, a.c);
  });
  return to_floats(a.y(), sums);
}

Array gradient_of_rounded(const ConvCase& a, const Array& dy, const Array& w) {
  std::vector<double> sums(a.x().count());
  each_product(a, [&](std::size_t i, std::size_t j, std::size_t o) {
    sums[i] += product(double{dy[o]}, double{w[j]}, a.k);
  });
  return to_floats(a.x(), sums);
}

Array tile_by_tile(const ConvCase& a, const Array& x, const Array& w) {
  constexpr double kPoints[] = {0, 0.5, -0.5, 1.5, -1.5};
  double B[6][6] = {}, G[6][3] = {}, A[4][6] = {};
  for (int i = 0; i < 5; ++i) {
    // The polynomial that vanishes at all points but this: its coefficients, and its value here.
    double polynomial[6] = {1}, value = 1;
    int degree = 0;
    for (int other = 0; other < 5; ++other) {
      if (other == i) continue;
      value *= kPoints[i] - kPoints[other];
      for (int t = ++degree; t >= 0; --t)
        polynomial[t] = (t > 0 ? polynomial[t - 1] : 0) - kPoints[other] * polynomial[t];
    }
    for (int t = 0; t < 6; ++t) B[i][t] = polynomial[t];
    for (int t = 0; t < 3; ++t) G[i][t] = std::pow(kPoints[i], t) / value;
    for (int t = 0; t < 4; ++t) A[t][i] = std::pow(kPoints[i], t);
  }
  double all[6] = {1};
  for (int i = 0; i < 5; ++i)
    for (int t = 5; t >= 0; --t) all[t] = (t > 0 ? all[t - 1] : 0) - kPoints[i] * all[t];
  for (int t = 0; t < 6; ++t) B[5][t] = all[t];
  G[5][2] = A[3][5] = 1;

  // Channels are made as large as they count.
  std::vector<double> length(static_cast<std::size_t>(a.c));
  for (std::size_t i = 0; i < w.values.size(); ++i) length[i % length.size()] += std::pow(double{w[i]}, 2);
  for (double& of_channel : length) of_channel = std::sqrt(of_channel);

  std::vector<double> filters(static_cast<std::size_t>(a.k * a.c * kEntries));
  for (int k = 0; k < a.k; ++k) {
    double* const row = filters.data() + k * a.c * kEntries;
    for (int c = 0; c < a.c; ++c) {
      double taps[3][3], entries[6][6];
      for (int r = 0; r < 3; ++r)
        for (int s = 0; s < 3; ++s)
          taps[r][s] = double{w[static_cast<std::size_t>(((k * 3 + r) * 3 + s) * a.c + c)]} /
                       length[static_cast<std::size_t>(c)];
      both_sides(entries, G, taps);
      for (int i = 0; i < kEntries; ++i) row[c * kEntries + i] = entries[i / 6][i % 6];
    }
    round_rows(row, a.c);
  }
  const Shape shape = a.y();
  Array y(shape);
  std::vector<double> transforms(static_cast<std::size_t>(a.c * kEntries));
  for (int n = 0; n < a.n; ++n)
    for (int p = 0; p < shape.h; p += 4)
      for (int q = 0; q < shape.w; q += 4) {
        for (int c = 0; c < a.c; ++c) {
          double pixels[6][6] = {}, entries[6][6];
          for (int i = 0; i < 6; ++i)
            for (int j = 0; j < 6; ++j) {
              const int h = p - a.padding + i, v = q - a.padding + j;
              if (h >= 0 && h < a.h && v >= 0 && v < a.w)
                pixels[i][j] = double{x[static_cast<std::size_t>(((n * a.h + h) * a.w + v) * a.c + c)]} *
                               length[static_cast<std::size_t>(c)];
            }
          both_sides(entries, B, pixels);
          for (int i = 0; i < kEntries; ++i)
            transforms[static_cast<std::size_t>(c * kEntries + i)] = entries[i / 6][i % 6];
        }
        round_rows(transforms.data(), a.c);
        for (int k = 0; k < a.k; ++k) {
          double products[6][6] = {}, tile[4][4];
          for (int c = 0; c < a.c; ++c)
            for (int i = 0; i < kEntries; ++i)
              products[i / 6][i % 6] += transforms[static_cast<std::size_t>(c * kEntries + i)] *
                                        filters[static_cast<std::size_t>((k * a.c + c) * kEntries + i)];
          both_sides(tile, A, products);
          for (int i = 0; i < 4 && p + i < shape.h; ++i)
            for (int j = 0; j < 4 && q + j < shape.w; ++j)
              y[static_cast<std::size_t>(((n * shape.h + p + i) * shape.w + q + j) * a.k + k)] =
                  static_cast<float>(tile[i][j]);
        }
      }
  return y;
}

}  // namespace bauta::test
