#include "kernels/mosaic.h"

#include <climits>

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

bool contains(const MosaicBox& box, int h, int w) {
  return w >= box.x && w - box.x < box.width && h >= box.y && h - box.y < box.height;
}

// Of each pixel, the mean over all pixels of its block, found by looking at all pixels.
Array reference(const Array& x, const std::vector<MosaicBox>& boxes) {
  const Shape s = x.shape;
  Array y = x;
  for (int n = 0; n < s.n; ++n) {
    const MosaicBox& box = boxes[static_cast<std::size_t>(n)];
    for (int h = 0; h < s.h; ++h)
      for (int w = 0; w < s.w; ++w) {
        if (!contains(box, h, w)) continue;
        std::vector<double> sum(static_cast<std::size_t>(s.c));
        int count = 0;
        for (int i = 0; i < s.h; ++i) {
          if ((i - box.y) / box.block != (h - box.y) / box.block) continue;
          for (int j = 0; j < s.w; ++j)
            if (contains(box, i, j) && (j - box.x) / box.block == (w - box.x) / box.block) {
              for (int c = 0; c < s.c; ++c)
                sum[static_cast<std::size_t>(c)] += static_cast<double>(x.at(n, i, j, c));
              ++count;
            }
        }
        for (int c = 0; c < s.c; ++c)
          y.at(n, h, w, c) = static_cast<float>(sum[static_cast<std::size_t>(c)] / count);
      }
  }
  return y;
}

// Inside; cut by the box; reaching over each edge; around everything; outside; empty; blocks of 1 and huge.
const std::vector<MosaicBox> kBoxes = {
    {2, 1, 6, 6, 3},   {2, 1, 7, 5, 3},   {-4, -2, 9, 8, 3},        {8, 7, 20, 20, 4}, {-5, -5, 30, 30, 4},
    {50, 3, 4, 4, 2},  {-9, -9, 9, 9, 2}, {3, 3, 0, 5, 2},          {3, 3, 5, -1, 2},  {1, 2, 9, 9, 1},
    {1, 1, 9, 8, 100}, {0, 0, 13, 11, 5}, {-100, -100, 104, 103, 7}};

constexpr int kPictures = 13;

Array mosaic_of(const Array& x, const std::vector<MosaicBox>& boxes, const Context& ctx) {
  Array y(x.shape, 7, x.dtype);
  y.misaligned = x.misaligned;
  ctx.backend().mosaic(y.view(), x.view(), lend(boxes), ctx);
  return y;
}

Array select(const Array& inside, const Array& outside, const std::vector<MosaicBox>& boxes,
             const Context& ctx) {
  Array y(inside.shape, 7, inside.dtype);
  ctx.backend().box_select(y.view(), inside.view(), outside.view(), lend(boxes), ctx);
  return y;
}

}  // namespace

TEST_CASE("mosaic: every kind of box, channel by channel, at any address") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Tolerance tolerance = tolerance_of(dtype, {1e-7, 1e-7});
    for (int width : {13, 16})
      for (int channels : {1, 3, 5, 64, 70})
        for (int misaligned : {0, 1}) {
          CAPTURE(width);
          CAPTURE(channels);
          CAPTURE(misaligned);
          Array x = random_array({kPictures, 11, width, channels}, 1).as(dtype);
          x.misaligned = misaligned;
          check_close(mosaic_of(x, kBoxes, ctx), reference(x, kBoxes), tolerance);
        }
  });
}

TEST_CASE("mosaic: one pixel, many channels, and no picture") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Tolerance tolerance = tolerance_of(dtype, {1e-7, 1e-7});
    for (int channels : {1, 256, 257, 1030}) {
      const Array one = random_array({1, 1, 1, channels}, 2).as(dtype);
      CHECK(same_bits(mosaic_of(one, {{0, 0, 1, 1, 1}}, ctx), one));
      const Array few = random_array({2, 5, 6, channels}, 3).as(dtype);
      const std::vector<MosaicBox> boxes = {{1, 1, 9, 3, 2}, {-1, -2, 6, 9, 5}};
      check_close(mosaic_of(few, boxes, ctx), reference(few, boxes), tolerance);
    }
    for (const Shape& shape : {Shape{0, 4, 5, 3}, Shape{2, 0, 5, 3}, Shape{2, 4, 0, 3}, Shape{2, 4, 5, 0}}) {
      const Array none = Array(shape).as(dtype);
      const std::vector<MosaicBox> boxes(static_cast<std::size_t>(shape.n), {0, 0, 3, 3, 2});
      CHECK(same_bits(mosaic_of(none, boxes, ctx), none));
      CHECK(same_bits(select(none, none, boxes, ctx), none));
    }
  });
}

// Rows of more elements than a block of threads takes at once, and blocks of more than that.
TEST_CASE("mosaic: wide pictures") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const std::vector<MosaicBox> boxes = {{5, 3, 300, 30, 5},
                                          {-7, -3, 390, 40, 10},
                                          {60, 2, 295, 9, 171},
                                          {1, 0, 350, 41, 200},
                                          {0, 0, 350, 41, 1}};
    const Array x = random_array({static_cast<int>(boxes.size()), 13, 352, 3}, 10).as(dtype);
    check_close(mosaic_of(x, boxes, ctx), reference(x, boxes), tolerance_of(dtype, {1e-7, 1e-7}));
  });
}

TEST_CASE("mosaic: its own adjoint, and a projection") {
  on_every_backend([](const Context& ctx) {
    const Array x = random_array({kPictures, 11, 13, 3}, 3), dy = random_array(x.shape, 4);
    const Array y = mosaic_of(x, kBoxes, ctx);
    check_adjoint(y, dy, x, mosaic_of(dy, kBoxes, ctx));
    check_close(mosaic_of(y, kBoxes, ctx), y, {1e-7, 1e-7});
  });
}

TEST_CASE("mosaic: a box at the ends of the integers") {
  on_every_backend([](const Context& ctx) {
    const Array x = random_array({2, 5, 6, 3}, 5);
    const std::vector<MosaicBox> boxes = {{INT_MIN, INT_MIN, INT_MAX, INT_MAX, 7},
                                          {3, 2, INT_MAX, INT_MAX, INT_MAX}};
    const Array y = mosaic_of(x, boxes, ctx);
    CHECK(y.at(0, 4, 5, 0) == x.at(0, 4, 5, 0));
    CHECK(y.at(1, 1, 5, 0) == x.at(1, 1, 5, 0));
    CHECK(y.at(1, 2, 3, 0) == y.at(1, 4, 5, 0));
  });
}

TEST_CASE("mosaic: y may be x") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (int width : {13, 16})
      for (int misaligned : {0, 1}) {
        Array x = random_array({kPictures, 11, width, 3}, 6).as(dtype);
        const Array expected = mosaic_of(x, kBoxes, ctx);
        x.misaligned = misaligned;
        ctx.backend().mosaic(x.view(), x.view(), lend(kBoxes), ctx);
        CHECK(same_bits(x, expected));
      }
  });
}

TEST_CASE("mosaic: an average of what is alike is what it was") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const std::vector<MosaicBox> boxes = {{3, 2, 50, 50, 16}, {0, 0, 64, 64, 64}};
    const Array x = Array({2, 64, 64, 3}, 0.734375f).as(dtype);
    CHECK(same_bits(mosaic_of(x, boxes, ctx), x));
  });
}

TEST_CASE("box_select: inside from one picture, outside from the other") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (int width : {13, 16})
      for (int channels : {1, 3, 64})
        for (int misaligned : {0, 1}) {
          const Shape s{kPictures, 11, width, channels};
          Array a = random_array(s, 7).as(dtype);
          const Array b = random_array(s, 8).as(dtype);
          a.misaligned = misaligned;
          for (bool has_inside : {true, false})
            for (bool has_outside : {true, false}) {
              Array y(s, 7, dtype), expected(s);
              for (int n = 0; n < s.n; ++n)
                for (int h = 0; h < s.h; ++h)
                  for (int w = 0; w < s.w; ++w)
                    for (int c = 0; c < s.c; ++c) {
                      const bool inside = contains(kBoxes[static_cast<std::size_t>(n)], h, w);
                      if (inside ? has_inside : has_outside)
                        expected.at(n, h, w, c) = inside ? a.at(n, h, w, c) : b.at(n, h, w, c);
                    }
              ctx.backend().box_select(y.view(), has_inside ? a.view() : ConstView(),
                                       has_outside ? b.view() : ConstView(), lend(kBoxes), ctx);
              CHECK(same_bits(y, expected));
            }
        }
  });
}

TEST_CASE("box_select: y may be either picture") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Shape s{kPictures, 11, 16, 3};
    const Array a = random_array(s, 7).as(dtype), b = random_array(s, 8).as(dtype);
    const Array y = select(a, b, kBoxes, ctx);
    Array inside_in_place = a, outside_in_place = b;
    ctx.backend().box_select(inside_in_place.view(), inside_in_place.view(), b.view(), lend(kBoxes), ctx);
    CHECK(same_bits(inside_in_place, y));
    ctx.backend().box_select(outside_in_place.view(), a.view(), outside_in_place.view(), lend(kBoxes), ctx);
    CHECK(same_bits(outside_in_place, y));
  });
}

TEST_CASE("mosaic: each picture by itself at any address") {
  on_every_storage([](const Context& ctx, DType dtype) {
    Array a = random_array({kPictures, 11, 16, 3}, 7).as(dtype), b = random_array(a.shape, 8).as(dtype);
    const Array mosaic = mosaic_of(a, kBoxes, ctx), selected = select(a, b, kBoxes, ctx);
    for (int which = 0; which < 3; ++which) {
      CAPTURE(which);
      Array y(a.shape, 7, dtype);
      a.misaligned = which == 0;
      b.misaligned = which == 1;
      y.misaligned = which == 2;
      ctx.backend().mosaic(y.view(), a.view(), lend(kBoxes), ctx);
      CHECK(same_bits(y, mosaic));
      ctx.backend().box_select(y.view(), a.view(), b.view(), lend(kBoxes), ctx);
      CHECK(same_bits(y, selected));
    }
  });
}

TEST_CASE("mosaic: wrong arguments are refused") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Backend& backend = ctx.backend();
    Array x({2, 4, 5, 3}, 0, dtype), other({2, 5, 4, 3}, 0, dtype);
    const auto two = lend(std::vector<MosaicBox>(2)), one = lend(std::vector<MosaicBox>(1));
    CHECK_THROWS_AS(backend.mosaic(x.view(), other.view(), two, ctx), CheckError);
    CHECK_THROWS_AS(backend.mosaic(x.view(), x.view(), one, ctx), CheckError);
    CHECK_THROWS_AS(backend.box_select(x.view(), other.view(), x.view(), two, ctx), CheckError);
    CHECK_THROWS_AS(backend.box_select(x.view(), x.view(), other.view(), two, ctx), CheckError);
    CHECK_THROWS_AS(backend.box_select(x.view(), x.view(), x.view(), one, ctx), CheckError);
    if (borrower()) {
      const Array stored_otherwise = x.as(dtype == DType::Float32 ? DType::BFloat16 : DType::Float32);
      CHECK_THROWS_AS(backend.mosaic(x.view(), stored_otherwise.view(), two, ctx), CheckError);
      CHECK_THROWS_AS(backend.box_select(x.view(), stored_otherwise.view(), x.view(), two, ctx), CheckError);
      CHECK_THROWS_AS(backend.box_select(x.view(), x.view(), stored_otherwise.view(), two, ctx), CheckError);
    }
  });
}

TEST_CASE("mosaic: blocks of no size are refused, or count as 1 where the launcher cannot see them") {
  on_every_backend([](const Context& ctx) {
    const Array x = random_array({2, 4, 5, 3}, 11);
    const std::vector<MosaicBox> no_block = {{0, 0, 2, 2, 0}, {0, 0, 2, 2, -7}};
    if (borrower())
      CHECK(same_bits(mosaic_of(x, no_block, ctx), x));
    else
      CHECK_THROWS_AS(mosaic_of(x, no_block, ctx), CheckError);
  });
}

TEST_CASE("mosaic: the thread count does not matter") {
  const Array x = random_array({2, 90, 80, 3}, 9);
  const std::vector<MosaicBox> boxes = {{5, 7, 61, 67, 6}, {-3, -4, 300, 300, 11}};
  check_thread_count_does_not_matter([&](const Context& ctx) { return mosaic_of(x, boxes, ctx); });
}
