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
      for (int w = 0; w < s.w; ++w)
        for (int c = 0; c < s.c && contains(box, h, w); ++c) {
          double sum = 0;
          int count = 0;
          for (int i = 0; i < s.h; ++i)
            for (int j = 0; j < s.w; ++j)
              if (contains(box, i, j) && (i - box.y) / box.block == (h - box.y) / box.block &&
                  (j - box.x) / box.block == (w - box.x) / box.block) {
                sum += static_cast<double>(x.at(n, i, j, c));
                ++count;
              }
          y.at(n, h, w, c) = static_cast<float>(sum / count);
        }
  }
  return y;
}

// Inside; cut by the box; reaching over each edge; around everything; outside; empty; blocks of 1 and huge.
const std::vector<MosaicBox> kBoxes = {
    {2, 1, 6, 6, 3},   {2, 1, 7, 5, 3},   {-4, -2, 9, 8, 3},        {8, 7, 20, 20, 4}, {-5, -5, 30, 30, 4},
    {50, 3, 4, 4, 2},  {-9, -9, 9, 9, 2}, {3, 3, 0, 5, 2},          {3, 3, 5, -1, 2},  {1, 2, 9, 9, 1},
    {1, 1, 9, 8, 100}, {0, 0, 13, 11, 5}, {-100, -100, 104, 103, 7}};

Array mosaic_of(const Array& x, const std::vector<MosaicBox>& boxes, const Context& ctx) {
  Array y(x.shape, 7);
  ctx.backend().mosaic(y.view(), x.view(), boxes, ctx);
  return y;
}

}  // namespace

TEST_CASE("mosaic: every kind of box, channel by channel") {
  on_every_backend([](const Context& ctx) {
    for (int channels : {1, 3, 70}) {
      const Array x = random_array({static_cast<int>(kBoxes.size()), 11, 13, channels}, 1);
      check_close(mosaic_of(x, kBoxes, ctx), reference(x, kBoxes), {1e-7, 1e-7});
    }
    const Array one = random_array({1, 1, 1, 257}, 2);
    CHECK(same_bits(mosaic_of(one, {{0, 0, 1, 1, 1}}, ctx), one));
    const Array none({0, 4, 5, 3});
    CHECK(same_bits(mosaic_of(none, {}, ctx), none));
  });
}

TEST_CASE("mosaic: its own adjoint, and a projection") {
  on_every_backend([](const Context& ctx) {
    const Array x = random_array({static_cast<int>(kBoxes.size()), 11, 13, 3}, 3),
                dy = random_array(x.shape, 4);
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
  on_every_backend([](const Context& ctx) {
    Array x = random_array({static_cast<int>(kBoxes.size()), 11, 13, 3}, 6);
    const Array expected = mosaic_of(x, kBoxes, ctx);
    ctx.backend().mosaic(x.view(), x.view(), kBoxes, ctx);
    CHECK(same_bits(x, expected));
  });
}

TEST_CASE("box_select: inside from one picture, outside from the other") {
  on_every_backend([](const Context& ctx) {
    const Shape s{static_cast<int>(kBoxes.size()), 11, 13, 3};
    const Array a = random_array(s, 7), b = random_array(s, 8);
    for (bool has_inside : {true, false})
      for (bool has_outside : {true, false}) {
        Array y(s, 7), expected(s);
        for (int n = 0; n < s.n; ++n)
          for (int h = 0; h < s.h; ++h)
            for (int w = 0; w < s.w; ++w)
              for (int c = 0; c < s.c; ++c) {
                const bool inside = contains(kBoxes[static_cast<std::size_t>(n)], h, w);
                if (inside ? has_inside : has_outside)
                  expected.at(n, h, w, c) = inside ? a.at(n, h, w, c) : b.at(n, h, w, c);
              }
        ctx.backend().box_select(y.view(), has_inside ? a.view() : ConstView(),
                                 has_outside ? b.view() : ConstView(), kBoxes, ctx);
        CHECK(same_bits(y, expected));
      }
    Array y(s), inside_in_place = a, outside_in_place = b;
    ctx.backend().box_select(y.view(), a.view(), b.view(), kBoxes, ctx);
    ctx.backend().box_select(inside_in_place.view(), inside_in_place.view(), b.view(), kBoxes, ctx);
    CHECK(same_bits(inside_in_place, y));
    ctx.backend().box_select(outside_in_place.view(), a.view(), outside_in_place.view(), kBoxes, ctx);
    CHECK(same_bits(outside_in_place, y));
  });
}

TEST_CASE("mosaic: wrong arguments are refused") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    Array x({2, 4, 5, 3}), other({2, 5, 4, 3});
    const std::vector<MosaicBox> two(2), one(1), no_block = {{0, 0, 2, 2, 1}, {0, 0, 2, 2, 0}};
    CHECK_THROWS_AS(backend.mosaic(x.view(), other.view(), two, ctx), CheckError);
    CHECK_THROWS_AS(backend.mosaic(x.view(), x.view(), one, ctx), CheckError);
    CHECK_THROWS_AS(backend.mosaic(x.view(), x.view(), no_block, ctx), CheckError);
    CHECK_THROWS_AS(backend.box_select(x.view(), other.view(), x.view(), two, ctx), CheckError);
    CHECK_THROWS_AS(backend.box_select(x.view(), x.view(), other.view(), two, ctx), CheckError);
    CHECK_THROWS_AS(backend.box_select(x.view(), x.view(), x.view(), one, ctx), CheckError);
  });
}

TEST_CASE("mosaic: the thread count does not matter") {
  const Array x = random_array({2, 90, 80, 3}, 9);
  const std::vector<MosaicBox> boxes = {{5, 7, 61, 67, 6}, {-3, -4, 300, 300, 11}};
  check_thread_count_does_not_matter([&](const Context& ctx) { return mosaic_of(x, boxes, ctx); });
}
