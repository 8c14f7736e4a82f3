#include "kernels/copy_part.h"

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

struct Case {
  Shape to, from;
  Part part;
};
// Padding and cropping, channels put side by side and taken apart, at places that are whole vectors and that
// are not; nothing at all; a part within both; rows of several blocks.
const std::vector<Case> kCases = {{{0, 3, 4, 5}, {0, 3, 4, 5}, {{}, {}, 3, 4, 5}},
                                  {{2, 3, 4, 5}, {2, 3, 4, 5}, {{}, {}, 0, 4, 5}},
                                  {{2, 8, 9, 3}, {2, 5, 4, 3}, {{1, 3, 0}, {}, 5, 4, 3}},
                                  {{2, 5, 4, 3}, {2, 8, 9, 3}, {{}, {1, 3, 0}, 5, 4, 3}},
                                  {{1, 8, 9, 32}, {1, 7, 8, 32}, {{0, 1, 0}, {}, 7, 8, 32}},
                                  {{1, 5, 3, 96}, {1, 5, 3, 32}, {{0, 0, 48}, {}, 5, 3, 32}},
                                  {{1, 5, 3, 32}, {1, 5, 3, 96}, {{}, {0, 0, 56}, 5, 3, 32}},
                                  {{1, 5, 3, 97}, {1, 5, 3, 32}, {{0, 0, 3}, {}, 5, 3, 32}},
                                  {{1, 5, 3, 1}, {1, 5, 3, 16}, {{}, {0, 0, 15}, 5, 3, 1}},
                                  {{3, 9, 8, 24}, {3, 7, 12, 40}, {{2, 1, 8}, {1, 4, 24}, 5, 6, 8}},
                                  {{1, 3, 700, 24}, {1, 2, 690, 24}, {{1, 7, 0}, {}, 2, 690, 24}},
                                  {{2, 61, 63, 5}, {2, 61, 63, 9}, {{0, 0, 1}, {0, 0, 5}, 61, 63, 4}}};

Array copied(const Array& to, const Array& from, const Part& part, Rest rest) {
  Array result = to;
  if (rest == Rest::Zero) std::fill(result.values.begin(), result.values.end(), 0.0f);
  const auto [a, b, height, width, channels] = part;
  for (int n = 0; n < to.shape.n; ++n)
    for (int h = 0; h < height; ++h)
      for (int w = 0; w < width; ++w)
        for (int c = 0; c < channels; ++c)
          result.at(n, a.h + h, a.w + w, a.c + c) = from.at(n, b.h + h, b.w + w, b.c + c);
  return result;
}

}  // namespace

TEST_CASE("copy part: what is copied, what is kept and what becomes zero") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Case& k : kCases)
      for (const Rest rest : {Rest::Zero, Rest::Kept})
        for (int misaligned : {0, 1}) {
          CAPTURE(k.to);
          CAPTURE(k.from);
          CAPTURE(misaligned);
          Array from = random_array(k.from, 1).as(dtype), to = random_array(k.to, 2).as(dtype);
          (rest == Rest::Zero ? from : to).misaligned = misaligned;
          const Array expected = copied(to, from, k.part, rest);
          ctx.backend().copy_part(to.view(), from.view(), k.part, rest, ctx);
          CHECK(same_bits(to, expected));
        }
  });
}

TEST_CASE("copy part: exchanged corners give the adjoint") {
  on_every_backend([](const Context& ctx) {
    for (const Case& k : kCases) {
      CAPTURE(k.to);
      const Array x = random_array(k.from, 1), dy = random_array(k.to, 2);
      Array y(k.to, 7), dx(k.from, 7);
      Part back = k.part;
      std::swap(back.in_to, back.in_from);
      ctx.backend().copy_part(y.view(), x.view(), k.part, Rest::Zero, ctx);
      ctx.backend().copy_part(dx.view(), dy.view(), back, Rest::Zero, ctx);
      check_adjoint(y, dy, x, dx);
    }
  });
}

TEST_CASE("copy part: parts that do not lie inside are refused") {
  on_every_backend([](const Context& ctx) {
    Array to({2, 4, 5, 6}), from({2, 3, 4, 5}), fewer({1, 3, 4, 5});
    const auto copy = [&](Array& a, const Array& b, const Part& part) {
      ctx.backend().copy_part(a.view(), b.view(), part, Rest::Zero, ctx);
    };
    CHECK_NOTHROW(copy(to, from, {{1, 1, 1}, {}, 3, 4, 5}));
    CHECK_THROWS_AS(copy(to, from, {{2, 1, 1}, {}, 3, 4, 5}), CheckError);
    CHECK_THROWS_AS(copy(to, from, {{1, 2, 1}, {}, 3, 4, 5}), CheckError);
    CHECK_THROWS_AS(copy(to, from, {{1, 1, 2}, {}, 3, 4, 5}), CheckError);
    CHECK_THROWS_AS(copy(to, from, {{}, {1, 0, 0}, 3, 4, 5}), CheckError);
    CHECK_THROWS_AS(copy(to, from, {{}, {0, 1, 0}, 3, 4, 5}), CheckError);
    CHECK_THROWS_AS(copy(to, from, {{}, {0, 0, 1}, 3, 4, 5}), CheckError);
    CHECK_THROWS_AS(copy(to, from, {{-1, 0, 0}, {}, 3, 4, 5}), CheckError);
    CHECK_THROWS_AS(copy(to, from, {{}, {}, -1, 4, 5}), CheckError);
    CHECK_THROWS_AS(copy(to, fewer, {{}, {}, 3, 4, 5}), CheckError);
  });
}

TEST_CASE("copy part: views of different storage are refused") {
  on_every_storage([](const Context& ctx, DType dtype) {
    if (dtype == DType::Float32) return;
    Array to({2, 3, 4, 5}, 0, dtype), from({2, 3, 4, 5});
    CHECK_THROWS_AS(ctx.backend().copy_part(to.view(), from.view(), {{}, {}, 3, 4, 5}, Rest::Kept, ctx),
                    CheckError);
  });
}

TEST_CASE("copy part: the thread count does not matter") {
  const Array from = random_array({2, 61, 63, 19}, 1);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    Array to({2, 63, 70, 24}, 7);
    ctx.backend().copy_part(to.view(), from.view(), {{1, 3, 5}, {}, 61, 63, 19}, Rest::Zero, ctx);
    return to;
  });
}
