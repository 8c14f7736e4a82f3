// Tensors of more than 2^31 elements: the last blocks of the launch alone, in memory that costs only the
// pages that they touch.
#include <doctest/doctest.h>

#include <span>

#include "kernels/backend.h"
#include "tests/emulator/emulator.h"

namespace bauta {

namespace emulated {
extern const Backend backend;
}

namespace {

// Zeros at first; its elements are counted from the last.
template <class T = bfloat16>
class Huge {
 public:
  explicit Huge(const Shape& shape) : shape_(shape), mapping_(shape.count() * sizeof(T)) {}
  operator View() const { return {data(), shape_, storage()}; }
  operator ConstView() const { return {data(), shape_, storage()}; }
  T* data() const { return static_cast<T*>(mapping_.data()); }
  float last(std::size_t i) const { return to_float(data()[shape_.count() - 1 - i]); }
  void set_last(std::size_t i, float value) { data()[shape_.count() - 1 - i] = from_float<T>(value); }
  float first() const { return to_float(data()[0]); }

 private:
  static constexpr DType storage() { return sizeof(T) == 2 ? DType::BFloat16 : DType::Float32; }

  Shape shape_;
  emulator::DeviceMapping mapping_;
};

// One of what a launcher reads beside tensors, in the card's memory.
template <class T>
class One {
 public:
  explicit One(const T& value) : mapping_(sizeof(T)) { *data() = value; }
  T* data() const { return static_cast<T*>(mapping_.data()); }
  operator std::span<const T>() const { return {data(), 1}; }

 private:
  emulator::DeviceMapping mapping_;
};

constexpr Shape kShape{1, 32770, 65536, 1};  // 2 x 65536 more than 2^31
static_assert(kShape.count() > std::size_t{1} << 31);

}  // namespace

TEST_CASE("more than 2^31 elements: leaky_relu") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 2;
  Huge<> x(kShape), y(kShape);
  for (std::size_t i = 0; i < 100; ++i) x.set_last(i, static_cast<float>(i) - 50.0f);
  const Context ctx(emulated::backend);
  ctx.backend().leaky_relu_forward(y, x, 0.5f, ctx);
  for (std::size_t i = 0; i < 100; ++i) {
    const float value = static_cast<float>(i) - 50.0f;
    CHECK(y.last(i) == (value > 0 ? value : value * 0.5f));
  }
  CHECK(y.last(100) == 0);
}

TEST_CASE("more than 2^31 elements: bias_add, in place, and broadcast") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 1;
  Huge<> x(kShape);
  Huge<> value({1, 1, 1, 1});
  value.set_last(0, 2.5f);
  const Context ctx(emulated::backend);
  ctx.backend().bias_add(x, x, value, ctx);
  ctx.backend().bias_add(x, x, value, ctx);
  CHECK(x.last(0) == 5);
  CHECK(x.last(1000) == 5);
  CHECK(x.first() == 0);
  ctx.backend().broadcast(x, value, ctx);
  CHECK(x.last(0) == 2.5f);
  CHECK(x.last(1000) == 2.5f);
  CHECK(x.first() == 0);
}

TEST_CASE("more than 2^31 elements: pooling") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 1;
  Huge<> x(kShape), dx(kShape), y({1, kShape.h / 2, kShape.w / 2, 1});
  x.set_last(0, 8);
  const Context ctx(emulated::backend);
  ctx.backend().avg_pool_forward(y, x, {2, 2, 0}, ctx);
  CHECK(y.last(0) == 2);
  CHECK(y.last(1) == 0);
  ctx.backend().max_pool_scatter(dx, y, x, {2, 2, 0}, ctx);
  CHECK(dx.last(0) == 2);
  CHECK(dx.last(1) == 0);
  ctx.backend().max_pool_select(y, x, x, {2, 2, 0}, ctx);
  CHECK(y.last(0) == 8);
  CHECK(y.last(1) == 0);
  ctx.backend().avg_pool_backward(dx, y, {2, 2, 0}, ctx);
  CHECK(dx.last(0) == 2);
  CHECK(dx.last(1) == 2);
  CHECK(dx.last(2) == 0);
}

TEST_CASE("more than 2^31 elements: axpby, unary, convert") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 1;
  Huge<> x(kShape), y(kShape);
  Huge<float> wide(kShape);
  x.set_last(0, -3);
  const Context ctx(emulated::backend);
  ctx.backend().axpby(y, 2, x, 1, x, ctx);
  CHECK(y.last(0) == -9);
  CHECK(y.last(1) == 0);
  ctx.backend().unary(y, x, UnaryOp::Abs, ctx);
  CHECK(y.last(0) == 3);
  ctx.backend().convert(wide, x, ctx);
  CHECK(wide.last(0) == -3);
  CHECK(wide.last(1) == 0);
}

TEST_CASE("more than 2^31 elements: reflection_pad") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 600;  // more than the last two rows
  const Context ctx(emulated::backend);
  for (const Shape& inner : {Shape{1, 32768, 65536, 1}, Shape{1, 4096, 65536, 8}}) {
    CAPTURE(inner);
    const std::size_t row = static_cast<std::size_t>(inner.w) * static_cast<std::size_t>(inner.c);
    const std::size_t corner = row + static_cast<std::size_t>(inner.c);  // a row and a pixel before the last
    Huge<> x(inner), y({1, inner.h + 2, inner.w + 2, inner.c});
    x.set_last(corner, 3);
    ctx.backend().reflection_pad_forward(y, x, 1, ctx);
    CHECK(y.last(0) == 3);
    CHECK(y.last(static_cast<std::size_t>(inner.c)) == 0);
    ctx.backend().reflection_pad_backward(x, y, 1, ctx);
    CHECK(x.last(corner) == 12);  // all four places have it
    CHECK(x.last(0) == 0);
  }
}

TEST_CASE("more than 2^31 elements: adam") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 1;
  Huge<float> w(kShape), m(kShape), v(kShape);
  Huge<> g(kShape), rounded(kShape);
  const One<AdamClock> clock({.learning_rate = 0.25f});
  g.set_last(0, 1);
  const Context ctx(emulated::backend);
  ctx.backend().adam(w, rounded.data(), m, v, g, AdamOptions{}, clock.data(), ctx);
  CHECK(w.last(0) == doctest::Approx(-0.25));
  CHECK(rounded.last(0) == -0.25f);
  CHECK(w.last(1) == 0);
  CHECK(clock.data()->step == 0);  // it moves on when all blocks have read it
}

TEST_CASE("more than 2^31 elements: random numbers") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 1;
  Huge<float> y(kShape);
  const One<RandomStream> stream({7, 1});
  const Context ctx(emulated::backend);
  ctx.backend().random_uniform(y, stream.data(), ctx);
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(y.last(i) == static_cast<float>(RandomStream{7, 1}.uniform(kShape.count() - 1 - i)));
}

TEST_CASE("more than 2^31 elements: mosaic and box_select") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 128;  // the last rows
  Huge<> x(kShape), y(kShape), outside(kShape);
  const One<MosaicBox> box({kShape.w - 6, kShape.h - 2, 6, 2, 2});
  x.set_last(0, 8);
  x.set_last(6, 5);
  const Context ctx(emulated::backend);
  ctx.backend().mosaic(y, x, box, ctx);
  const auto row = static_cast<std::size_t>(kShape.w);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, row, row + 1}) CHECK(y.last(i) == 2);
  CHECK(y.last(2) == 0);
  CHECK(y.last(6) == 5);
  outside.set_last(6, 4);
  ctx.backend().box_select(y, x, outside, box, ctx);
  CHECK(y.last(0) == 8);
  CHECK(y.last(5) == 0);
  CHECK(y.last(6) == 4);
}

TEST_CASE("more than 2^31 elements: augment and to_bytes") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 1;
  Huge<> y(kShape);
  const emulator::DeviceMapping bytes(kShape.count());
  auto* const first = static_cast<std::uint8_t*>(bytes.data());
  first[kShape.count() - 1] = 255;
  const One<PictureCut> cut({.pixels = first, .width = kShape.w, .height = kShape.h});
  const Context ctx(emulated::backend);
  ctx.backend().augment(y, cut, ctx);
  CHECK(y.last(0) == 1);
  CHECK(y.last(1) == -1);
  y.set_last(1, 1);
  ctx.backend().to_bytes(first, y, ctx);
  CHECK(first[kShape.count() - 1] == 255);
  CHECK(first[kShape.count() - 2] == 255);
  CHECK(first[kShape.count() - 3] == 0);
}

TEST_CASE("more than 2^31 elements: image_pool") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 1;
  Huge<> fakes(kShape), shown(kShape), pool(kShape);
  const One<PoolChoice> choice({.show = 0, .keep = 0});
  fakes.set_last(0, 2);
  pool.set_last(0, 3);
  const Context ctx(emulated::backend);
  ctx.backend().pool_exchange(shown, pool, fakes, choice, ctx);
  CHECK(shown.last(0) == 3);
  CHECK(pool.last(0) == 2);
  CHECK(shown.last(1) == 0);
}

}  // namespace bauta
