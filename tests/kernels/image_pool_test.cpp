#include "kernels/image_pool.h"

#include <climits>

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

namespace {

struct Exchange {
  Array shown, storage;
};

// Picture by picture, as the header says it.
Exchange reference(const Array& storage, const Array& fakes, const std::vector<PoolChoice>& choices) {
  Exchange result{Array(fakes.shape, 0, fakes.dtype), storage};
  const std::size_t size = fakes.values.size() / std::max<std::size_t>(choices.size(), 1);
  for (std::size_t n = 0; n < choices.size(); ++n)
    for (std::size_t i = 0; i < size; ++i) {
      const auto in = [&](int place) -> float& {
        return result.storage.values.at(static_cast<std::size_t>(place) * size + i);
      };
      const float fake = fakes[n * size + i];
      result.shown[n * size + i] = choices[n].show < 0 ? fake : in(choices[n].show);
      if (choices[n].keep >= 0) in(choices[n].keep) = fake;
    }
  return result;
}

Exchange exchange(const Array& storage, const Array& fakes, const std::vector<PoolChoice>& choices,
                  const Context& ctx, int misaligned = 0) {
  Exchange result{Array(fakes.shape, 7, fakes.dtype), storage};
  result.shown.misaligned = misaligned;
  ctx.backend().pool_exchange(result.shown.view(), result.storage.view(), fakes.view(), lend(choices), ctx);
  return result;
}

void check_same(const Exchange& actual, const Exchange& expected) {
  CHECK(same_bits(actual.shown, expected.shown));
  CHECK(same_bits(actual.storage, expected.storage));
}

// Of a few places, so that a call often meets what it has left there itself.
std::vector<PoolChoice> random_choices(int count, int capacity, std::uint64_t seed) {
  const RandomStream stream{seed, 1};
  std::vector<PoolChoice> choices(static_cast<std::size_t>(count));
  std::uint64_t next = 0;
  const auto place = [&] {
    return static_cast<int>(stream.below(static_cast<std::uint64_t>(capacity) + 1, next++)) - 1;
  };
  for (PoolChoice& choice : choices) choice = {.show = place(), .keep = place()};
  return choices;
}

}  // namespace

TEST_CASE("image_pool: any choices, picture after picture") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (const Shape& shape : shapes_to_try())
      for (int count : {0, 1, 2, 3, 4, 5, 9})
        for (int capacity : {0, 1, 3}) {
          CAPTURE(shape);
          CAPTURE(count);
          CAPTURE(capacity);
          const Array fakes = random_array({count, shape.h, shape.w, shape.c}, 1).as(dtype);
          const Array storage = random_array({capacity, shape.h, shape.w, shape.c}, 2).as(dtype);
          for (std::uint64_t seed : {1u, 2u}) {
            const auto choices = random_choices(count, capacity, seed);
            check_same(exchange(storage, fakes, choices, ctx), reference(storage, fakes, choices));
          }
        }
  });
}

TEST_CASE("image_pool: more pictures than a warp has lanes, at any address") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (int count : {31, 32, 33, 70})
      for (int which = 0; which <= 3; ++which) {
        CAPTURE(count);
        CAPTURE(which);
        Array fakes = random_array({count, 4, 5, 12}, 3).as(dtype);
        Array storage = random_array({5, 4, 5, 12}, 4).as(dtype);
        fakes.misaligned = which == 1;
        storage.misaligned = which == 2;
        const auto choices = random_choices(count, 5, static_cast<std::uint64_t>(count));
        check_same(exchange(storage, fakes, choices, ctx, which == 3), reference(storage, fakes, choices));
      }
  });
}

TEST_CASE("image_pool: a picture is shown what the one before it has left") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const std::vector<PoolChoice> choices = {{-1, 1}, {1, 1}, {1, -1}, {0, 1}, {1, 0}, {0, 0}, {-1, 0}};
    const auto count = static_cast<int>(choices.size());
    Array fakes({count, 2, 4, 4}, 0, dtype), storage({2, 2, 4, 4}, 0, dtype);
    for (std::size_t i = 0; i < fakes.values.size(); ++i) fakes[i] = static_cast<float>(i / 32);
    for (std::size_t i = 0; i < storage.values.size(); ++i) storage[i] = static_cast<float>(10 + i / 32);
    const Exchange result = exchange(storage, fakes, choices, ctx);
    const std::vector<float> shown = {0, 0, 1, 10, 3, 4, 6}, kept = {6, 3};
    for (std::size_t i = 0; i < fakes.values.size(); ++i) CHECK(result.shown[i] == shown[i / 32]);
    for (std::size_t i = 0; i < storage.values.size(); ++i) CHECK(result.storage[i] == kept[i / 32]);
  });
}

TEST_CASE("image_pool: shown may be fakes") {
  on_every_storage([](const Context& ctx, DType dtype) {
    for (int channels : {3, 16}) {
      const Array fakes = random_array({9, 3, 5, channels}, 5).as(dtype);
      const Array storage = random_array({3, 3, 5, channels}, 6).as(dtype);
      const auto choices = random_choices(9, 3, 7);
      Exchange in_place{fakes, storage};
      ctx.backend().pool_exchange(in_place.shown.view(), in_place.storage.view(), in_place.shown.view(),
                                  lend(choices), ctx);
      check_same(in_place, reference(storage, fakes, choices));
    }
  });
}

TEST_CASE("image_pool: a place that is none is refused, or counts as -1 where the launcher cannot see it") {
  on_every_backend([](const Context& ctx) {
    const Array fakes = random_array({2, 3, 4, 4}, 8);
    for (int capacity : {0, 3}) {
      const Array storage = random_array({capacity, 3, 4, 4}, 9);
      for (int place : {capacity, capacity + 1, -2, INT_MAX, INT_MIN})
        for (bool show : {true, false}) {
          CAPTURE(place);
          const std::vector<PoolChoice> choices = {{},
                                                   {.show = show ? place : -1, .keep = show ? -1 : place}};
          if (borrower())
            check_same(exchange(storage, fakes, choices, ctx), {fakes, storage});
          else
            CHECK_THROWS_AS(exchange(storage, fakes, choices, ctx), CheckError);
        }
    }
  });
}

TEST_CASE("image_pool: wrong arguments are refused") {
  on_every_storage([](const Context& ctx, DType dtype) {
    const Backend& backend = ctx.backend();
    Array shown({2, 4, 5, 3}, 0, dtype), storage({9, 4, 5, 3}, 0, dtype);
    const Array fakes = shown;
    const auto two = lend(std::vector<PoolChoice>(2)), one = lend(std::vector<PoolChoice>(1));
    CHECK_NOTHROW(backend.pool_exchange(shown.view(), storage.view(), fakes.view(), two, ctx));
    CHECK_THROWS_AS(backend.pool_exchange(shown.view(), storage.view(), fakes.view(), one, ctx), CheckError);
    for (const Shape& shape : {Shape{2, 5, 4, 3}, Shape{2, 4, 5, 1}, Shape{3, 4, 5, 3}}) {
      Array other(shape, 0, dtype);
      CHECK_THROWS_AS(backend.pool_exchange(other.view(), storage.view(), fakes.view(), two, ctx),
                      CheckError);
      CHECK_THROWS_AS(backend.pool_exchange(shown.view(), storage.view(), other.view(), two, ctx),
                      CheckError);
      if (shape.n == 2)
        CHECK_THROWS_AS(backend.pool_exchange(shown.view(), other.view(), fakes.view(), two, ctx),
                        CheckError);
    }
    const DType otherwise = dtype == DType::Float32 ? DType::BFloat16 : DType::Float32;
    if (borrower()) {
      Array a = shown.as(otherwise), b = storage.as(otherwise);
      CHECK_THROWS_AS(backend.pool_exchange(a.view(), storage.view(), fakes.view(), two, ctx), CheckError);
      CHECK_THROWS_AS(backend.pool_exchange(shown.view(), b.view(), fakes.view(), two, ctx), CheckError);
      CHECK_THROWS_AS(backend.pool_exchange(shown.view(), storage.view(), a.view(), two, ctx), CheckError);
    }
  });
}

TEST_CASE("image_pool: the thread count does not matter") {
  const Array fakes = random_array({5, 90, 80, 3}, 10), storage = random_array({2, 90, 80, 3}, 11);
  const auto choices = random_choices(5, 2, 12);
  const Exchange expected = reference(storage, fakes, choices);
  check_thread_count_does_not_matter([&](const Context& ctx) {
    const Exchange result = exchange(storage, fakes, choices, ctx);
    check_same(result, expected);
    return result.shown;
  });
}
