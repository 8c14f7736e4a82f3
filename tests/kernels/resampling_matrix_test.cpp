#include "kernels/resampling_matrix.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

Array matrix_of(Shape shape, const std::vector<MosaicBox>& boxes, Along axis, float growth, int channels,
                const Context& ctx, DType dtype = DType::Float32) {
  Array y(shape, 7, dtype);
  ctx.backend().resampling_matrix(y.view(), lend(boxes), axis, growth, channels, ctx);
  return y;
}

// Inside; at each edge and beyond; larger than the picture; far away; empty.
const std::vector<MosaicBox> kBoxes = {{3, 2, 6, 5, 1},     {-4, -3, 9, 8, 1}, {8, 7, 20, 30, 1},
                                       {-5, -6, 30, 40, 1}, {50, 60, 4, 4, 1}, {3, 4, 0, 0, 1}};
constexpr int kPictures = 6;

// The value at a place between pixels, whose edge goes on for ever.
double sample(const std::vector<double>& line, double place) {
  const double last = static_cast<double>(line.size()) - 1, inside = std::min(std::max(place, 0.0), last);
  const auto at = static_cast<std::size_t>(inside), next = std::min(at + 1, line.size() - 1);
  return line[at] + (inside - static_cast<double>(at)) * (line[next] - line[at]);
}

}  // namespace

TEST_CASE("resampling_matrix: its product with a line is the line, sampled along the box") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Along axis : {Along::X, Along::Y})
      for (const int channels : {1, 3})
        for (const float growth : {1.0f, 1.25f}) {
          constexpr int kTo = 7, kFrom = 12;
          const Array y = matrix_of({kPictures, kTo * channels, kFrom * channels, 1}, kBoxes, axis, growth,
                                    channels, ctx, dtype);
          std::vector<double> line;
          for (int j = 0; j < kFrom; ++j) line.push_back(std::sin(0.7 * j));
          Array product({kPictures, kTo, channels, channels}), expected(product.shape);
          for (int n = 0; n < kPictures; ++n) {
            const MosaicBox& box = kBoxes[static_cast<std::size_t>(n)];
            const double begin = axis == Along::X ? box.x : box.y,
                         size = axis == Along::X ? box.width : box.height;
            const double length = size * static_cast<double>(growth), start = begin + (size - length) / 2;
            for (int i = 0; i < kTo; ++i)
              for (int c = 0; c < channels; ++c)
                for (int d = 0; d < channels; ++d) {
                  double sum = 0;
                  for (int j = 0; j < kFrom; ++j)
                    sum += static_cast<double>(y.at(n, i * channels + c, j * channels + d, 0)) *
                           line[static_cast<std::size_t>(j)];
                  product.at(n, i, c, d) = static_cast<float>(sum);
                  if (c == d)
                    expected.at(n, i, c, d) =
                        static_cast<float>(sample(line, start + (i + 0.5) * length / kTo - 0.5));
                }
          }
          check_close(product, expected, tolerance_of(dtype, {1e-5, 1e-5}));
        }
  });
}

TEST_CASE("resampling_matrix: a box that is the picture is taken as it is") {
  on_every_backend([](const Context& ctx) {
    const Array y = matrix_of({1, 9, 9, 1}, {{0, 0, 9, 9, 1}}, Along::X, 1, 1, ctx);
    for (int i = 0; i < 9; ++i)
      for (int j = 0; j < 9; ++j) CHECK(y.at(0, i, j, 0) == (i == j ? 1 : 0));
  });
}

TEST_CASE("resampling_matrix: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    const std::vector<MosaicBox> two(2);
    CHECK_NOTHROW(matrix_of({2, 6, 9, 1}, two, Along::X, 1, 3, ctx));
    CHECK_THROWS_AS(matrix_of({1, 6, 9, 1}, two, Along::X, 1, 3, ctx), CheckError);
    CHECK_THROWS_AS(matrix_of({2, 7, 9, 1}, two, Along::X, 1, 3, ctx), CheckError);
    CHECK_THROWS_AS(matrix_of({2, 6, 8, 1}, two, Along::X, 1, 3, ctx), CheckError);
    CHECK_THROWS_AS(matrix_of({2, 6, 9, 2}, two, Along::X, 1, 3, ctx), CheckError);
    CHECK_THROWS_AS(matrix_of({2, 6, 9, 1}, two, Along::X, 1, 0, ctx), CheckError);
  });
}

TEST_CASE("resampling_matrix: the thread count does not matter") {
  check_thread_count_does_not_matter([](const Context& ctx) {
    return matrix_of({2, 160, 128, 1}, {{5, 7, 61, 67, 6}, {-3, -4, 300, 300, 11}}, Along::Y, 1.15f, 1, ctx);
  });
}
