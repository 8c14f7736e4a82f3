#include "kernels/pictures.h"

#include <limits>
#include <numeric>

#include "kernels/elementwise.h"
#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes random_bytes(std::size_t count, std::uint64_t seed) {
  Bytes bytes(count);
  const RandomStream stream{seed, 0};
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(stream.below(256, i));
  return bytes;
}

Bytes bytes_of_picture(const Array& x, const Context& ctx) {
  const auto out = lend(Bytes(x.values.size()));
  ctx.backend().to_bytes(out.data(), x.view(), ctx);
  return out.values();
}

// A picture and what is cut out of it; pixels are put in place when it is lent.
struct Source {
  Bytes pixels;
  PictureCut cut;
};

void augment(Array& y, const std::vector<Source>& sources, const Context& ctx, std::size_t misaligned = 0) {
  std::vector<std::unique_ptr<LentSpan<std::uint8_t>>> lent;
  std::vector<PictureCut> cuts;
  for (const Source& source : sources) {
    Bytes pixels(misaligned);
    pixels.insert(pixels.end(), source.pixels.begin(), source.pixels.end());
    lent.push_back(std::make_unique<LentSpan<std::uint8_t>>(std::span<const std::uint8_t>(pixels)));
    cuts.push_back(source.cut);
    cuts.back().pixels = lent.back()->data() + misaligned;
  }
  ctx.backend().augment(y.view(), lend(cuts), ctx);
}

Source random_source(PictureCut cut, int channels, std::uint64_t seed) {
  return {random_bytes(static_cast<std::size_t>(cut.width * cut.height * channels), seed), cut};
}

// Each pixel by itself, in double: PyTorch's formula for half-pixel centres.
Array reference(const Shape& s, const std::vector<Source>& sources) {
  Array y(s);
  const auto place = [](int i, int size, int from) {
    return std::clamp((i + 0.5) * from / size - 0.5, 0.0, static_cast<double>(from - 1));
  };
  for (int n = 0; n < s.n; ++n) {
    const auto& [pixels, cut] = sources[static_cast<std::size_t>(n)];
    const int width = cut.cut_width > 0 ? cut.cut_width : s.w;
    const int height = cut.cut_height > 0 ? cut.cut_height : s.h;
    for (int h = 0; h < s.h; ++h)
      for (int w = 0; w < s.w; ++w) {
        const double row = place(h, s.h, height);
        const double column = place(cut.mirrored ? s.w - 1 - w : w, s.w, width);
        for (int c = 0; c < s.c; ++c) {
          double sum = 0;
          for (int down : {0, 1})
            for (int right : {0, 1}) {
              const double beyond_row = row - std::floor(row), beyond_column = column - std::floor(column);
              const double weight =
                  (down ? beyond_row : 1 - beyond_row) * (right ? beyond_column : 1 - beyond_column);
              if (weight == 0) continue;
              const int at_row = cut.y + static_cast<int>(row) + down;
              const int at_column = cut.x + static_cast<int>(column) + right;
              sum += weight * pixels[static_cast<std::size_t>((at_row * cut.width + at_column) * s.c + c)];
            }
          y.at(n, h, w, c) = static_cast<float>(sum / 127.5 - 1);
        }
      }
  }
  return y;
}

}  // namespace

TEST_CASE("pictures: every byte comes back") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Bytes bytes(256);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
    Array x({1, 16, 16, 1}, 0, dtype), rounded = x;
    augment(x, {{bytes, {.width = 16, .height = 16}}}, ctx);
    CHECK(x[0] == -1);
    CHECK(x[255] == 1);
    Array expected(x.shape);
    for (std::size_t i = 0; i < 256; ++i)
      expected[i] = static_cast<float>(static_cast<double>(i) / 127.5 - 1);
    check_close(x, expected, tolerance_of(dtype, {1e-7, 0}));
    if (dtype != DType::Float32) return;  // bfloat16 has not 256 numbers to tell apart near 1
    CHECK(bytes_of_picture(x, ctx) == bytes);
    ctx.backend().unary(rounded.view(), x.view(), UnaryOp::RoundTo8Bits, ctx);
    CHECK(same_bits(rounded, x));
  });
}

TEST_CASE("pictures: to_bytes rounds and clamps") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Array x({1, 1, 1, 7}, 0, dtype);
    x.values = {-7,
                7,
                0.49f / 127.5f - 1,
                0.51f / 127.5f - 1,
                std::numeric_limits<float>::infinity(),
                std::numeric_limits<float>::quiet_NaN(),
                99.6f / 127.5f - 1};
    Bytes expected = {0, 255, 0, 1, 255, 0, 100};
    if (dtype == DType::BFloat16) expected[2] = expected[3] = 0, x.values[3] = -1;
    CHECK(bytes_of_picture(x, ctx) == expected);
  });
}

TEST_CASE("pictures: to_bytes of any number of elements, at any address") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (int count : {0, 1, 3, 7, 8, 4095, 4096, 8192, 10007})
      for (int misaligned : {0, 1, 2, 3}) {  // either, both
        CAPTURE(count);
        CAPTURE(misaligned);
        Array x = random_array({1, 1, 1, count}, 5, -1.1, 1.1).as(dtype);
        x.misaligned = misaligned & 1;
        const std::size_t skipped = misaligned & 2 ? 3 : 0;
        const auto out = lend(Bytes(x.values.size() + skipped + 1, 77));
        ctx.backend().to_bytes(out.data() + skipped, x.view(), ctx);
        Bytes expected(skipped, 77);
        for (float value : x.values) {
          const float level = (std::clamp(value, -1.0f, 1.0f) + 1.0f) * 127.5f + 0.5f;
          expected.push_back(static_cast<std::uint8_t>(level));
        }
        expected.push_back(77);
        CHECK(out.values() == expected);
      }
  });
}

TEST_CASE("pictures: to_bytes agrees with RoundTo8Bits") {
  on_every_backend([](const Context& ctx) {
    const Array x = random_array({1, 50, 137, 3}, 1, -1.1, 1.1);
    Array rounded(x.shape), from_bytes(x.shape);
    ctx.backend().unary(rounded.view(), x.view(), UnaryOp::RoundTo8Bits, ctx);
    augment(from_bytes, {{bytes_of_picture(x, ctx), {.width = 137, .height = 50}}}, ctx);
    CHECK(same_bits(rounded, from_bytes));
  });
}

TEST_CASE("pictures: cuts and mirrors, at any address") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (int channels : {1, 3, 5, 64, 257})
      for (std::size_t misaligned : {0, 1, 7}) {
        CAPTURE(channels);
        CAPTURE(misaligned);
        const std::vector<Source> sources = {
            random_source({.width = 9, .height = 7, .x = 1, .y = 1}, channels, 2),
            random_source({.width = 12, .height = 30, .x = 4, .y = 24, .mirrored = true}, channels, 3),
            random_source({.width = 8, .height = 6, .mirrored = true, .cut_width = 8, .cut_height = 6},
                          channels, 4)};
        Array y({3, 6, 8, channels}, 7, dtype);
        y.misaligned = misaligned > 0;
        augment(y, sources, ctx, misaligned);
        check_close(y, reference(y.shape, sources), tolerance_of(dtype, {1e-7, 0}));
      }
  });
}

// torch.nn.Upsample(scale_factor=2, mode="bilinear") of [[1, 2], [3, 4]], from its documentation.
TEST_CASE("pictures: resampling gives PyTorch's published answer") {
  on_every_backend([](const Context& ctx) {
    Array y({1, 4, 4, 1});
    const Source source{{1, 2, 3, 4}, {.width = 2, .height = 2, .cut_width = 2, .cut_height = 2}};
    augment(y, {source}, ctx);
    Array expected(y.shape);
    expected.values = {1,    1.25f, 1.75f, 2,    1.5f, 1.75f, 2.25f, 2.5f,
                       2.5f, 2.75f, 3.25f, 3.5f, 3,    3.25f, 3.75f, 4};
    for (float& value : expected.values) value = value / 127.5f - 1;
    check_close(y, expected, {1e-7, 0});
  });
}

TEST_CASE("pictures: cuts of other sizes are resampled") {
  on_every_storage([](const Context& ctx, DType dtype) {
    struct Size {
      int width, height;
    };
    for (int channels : {1, 3, 8})
      for (const Size& to : {Size{16, 9}, Size{13, 11}, Size{1, 1}, Size{200, 5}})
        for (bool mirrored : {false, true}) {
          std::vector<Source> sources;
          // Larger, smaller, one line of either, only the height, and so large that it does not fit on chip.
          for (const Size& cut :
               {Size{37, 41}, Size{7, 5}, Size{1, 23}, Size{23, 1}, Size{0, 3}, Size{5000, 9}})
            sources.push_back(random_source({.width = (cut.width > 0 ? cut.width : to.width) + 3,
                                             .height = cut.height + 2,
                                             .x = 2,
                                             .y = 1,
                                             .mirrored = mirrored,
                                             .cut_width = cut.width,
                                             .cut_height = cut.height},
                                            channels, sources.size()));
          Array y({static_cast<int>(sources.size()), to.height, to.width, channels}, 7, dtype);
          augment(y, sources, ctx, 1);
          const Array expected = reference(y.shape, sources);
          // A place in 5,000 pixels has an error of 2e-4 in float, of which a level may change 2.
          check_close(y, expected, tolerance_of(dtype, {1e-3, 0}));
          for (std::size_t n = 0; n + 1 < sources.size(); ++n) {
            const std::size_t count = expected.values.size() / sources.size();
            const auto one = [&](const Array& all) {
              const auto begin = all.values.begin() + static_cast<std::ptrdiff_t>(n * count);
              return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(count));
            };
            check_close(one(y), one(expected), tolerance_of(dtype, {1e-5, 0}));
          }
        }
  });
}

TEST_CASE("pictures: cuts that leave their source are refused, or moved where the launcher cannot see them") {
  on_every_backend([](const Context& ctx) {
    const Source source = random_source({.width = 10, .height = 8}, 3, 3);
    const auto cut = [&](int x, int y, bool mirrored, int width = 0, int height = 0) {
      Array picture({1, 4, 5, 3}, 7);
      Source changed = source;
      changed.cut = {nullptr, 10, 8, x, y, mirrored, width, height};
      augment(picture, {changed}, ctx);
      return picture;
    };
    const int most = std::numeric_limits<int>::max(), least = std::numeric_limits<int>::min();
    const Array corner = cut(5, 4, false);
    CHECK_NOTHROW(cut(0, 0, false, 10, 8));
    if (borrower()) {
      CHECK(same_bits(cut(6, 4, false), corner));
      CHECK(same_bits(cut(most, most, false), corner));
      CHECK(same_bits(cut(-1, 4, false), cut(0, 4, false)));
      CHECK(same_bits(cut(least, least, true), cut(0, 0, true)));
      CHECK(same_bits(cut(3, 2, false, most, most), cut(0, 0, false, 10, 8)));
      CHECK(same_bits(cut(5, 4, false, -7, least), corner));
      Array black({1, 4, 5, 3}, 7);
      ctx.backend().augment(black.view(), lend(std::vector<PictureCut>{{.width = 10, .height = 8}}), ctx);
      CHECK(same_bits(black, Array(black.shape, -1)));
      Array nothing({1, 4, 5, 3}, 7);
      Source empty = source;
      empty.cut.width = 0;
      augment(nothing, {empty}, ctx);
      CHECK(same_bits(nothing, black));
    } else {
      CHECK_THROWS_AS(cut(6, 4, false), CheckError);
      CHECK_THROWS_AS(cut(5, 5, false), CheckError);
      CHECK_THROWS_AS(cut(-1, 0, false), CheckError);
      CHECK_THROWS_AS(cut(0, -1, true), CheckError);
      CHECK_THROWS_AS(cut(most, 0, true), CheckError);
      CHECK_THROWS_AS(cut(0, 0, false, 11, 8), CheckError);
      CHECK_THROWS_AS(cut(1, 0, false, 10, 8), CheckError);
      CHECK_THROWS_AS(cut(0, 1, false, 10, 8), CheckError);
      CHECK_THROWS_AS(cut(1, 1, false, most, most), CheckError);
      CHECK_THROWS_AS(cut(0, 0, false, -1, 0), CheckError);
      CHECK_THROWS_AS(cut(0, 0, false, 0, -1), CheckError);
      Array y({1, 4, 5, 3});
      CHECK_THROWS_AS(
          ctx.backend().augment(y.view(), lend(std::vector<PictureCut>{{.width = 10, .height = 8}}), ctx),
          CheckError);
    }
  });
}

TEST_CASE("pictures: a source a picture, and none for none") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Array y({1, 4, 5, 3}, 0, dtype), none({0, 4, 5, 3}, 0, dtype), flat({1, 0, 5, 3}, 0, dtype);
    CHECK_THROWS_AS(ctx.backend().augment(y.view(), {}, ctx), CheckError);
    CHECK_THROWS_AS(augment(none, {random_source({.width = 5, .height = 4}, 3, 1)}, ctx), CheckError);
    CHECK_NOTHROW(ctx.backend().augment(none.view(), {}, ctx));
    CHECK_NOTHROW(augment(flat, {random_source({.width = 5, .height = 4}, 3, 1)}, ctx));
  });
}

TEST_CASE("pictures: the thread count does not matter") {
  for (int cut_side : {0, 80}) {
    const Source source = random_source({.width = 100,
                                         .height = 90,
                                         .x = 3,
                                         .y = 2,
                                         .mirrored = true,
                                         .cut_width = cut_side,
                                         .cut_height = cut_side},
                                        3, 4);
    check_thread_count_does_not_matter([&](const Context& ctx) {
      Array y({1, 85, 95, 3});
      augment(y, {source}, ctx);
      return y;
    });
  }
}
