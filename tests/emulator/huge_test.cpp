// Tensors of more than 2^31 elements: the last blocks of the launch alone, in memory that costs only the
// pages that they touch.
#include <doctest/doctest.h>

#include "kernels/backend.h"
#include "tests/emulator/emulator.h"

namespace bauta {

namespace emulated {
extern const Backend backend;
}

namespace {

// Zeros at first; its elements are counted from the last.
class Huge {
 public:
  explicit Huge(const Shape& shape) : shape_(shape), mapping_(shape.count() * sizeof(bfloat16)) {}
  operator View() const { return {data(), shape_}; }
  operator ConstView() const { return {data(), shape_}; }
  float last(std::size_t i) const { return to_float(data()[shape_.count() - 1 - i]); }
  void set_last(std::size_t i, float value) { data()[shape_.count() - 1 - i] = from_float<bfloat16>(value); }
  float first() const { return to_float(data()[0]); }

 private:
  bfloat16* data() const { return static_cast<bfloat16*>(mapping_.data()); }

  Shape shape_;
  emulator::DeviceMapping mapping_;
};

constexpr Shape kShape{1, 32770, 65536, 1};  // 2 x 65536 more than 2^31
static_assert(kShape.count() > std::size_t{1} << 31);

}  // namespace

TEST_CASE("more than 2^31 elements: leaky_relu") {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 2;
  Huge x(kShape), y(kShape);
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
  Huge x(kShape);
  Huge value({1, 1, 1, 1});
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
  Huge x(kShape), dx(kShape), y({1, kShape.h / 2, kShape.w / 2, 1});
  x.set_last(0, 8);
  const Context ctx(emulated::backend);
  ctx.backend().avg_pool_forward(y, x, {2, 2, 0}, ctx);
  CHECK(y.last(0) == 2);
  CHECK(y.last(1) == 0);
  ctx.backend().max_pool_scatter(dx, y, x, {2, 2, 0}, ctx);
  CHECK(dx.last(0) == 2);
  CHECK(dx.last(1) == 0);
}

}  // namespace bauta
