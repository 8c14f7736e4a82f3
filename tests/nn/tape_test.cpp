#include "kernels/check.h"
#include "tests/nn/gradient_check.h"

namespace bauta::test {

TEST_CASE("a tensor used twice collects both gradients") {
  Engine engine;
  const auto x = leaves(engine, {random_array({1, 1, 1, 3}, 1)});
  const Tensor y = x[0] * x[0] + 3.0f * x[0];
  const std::vector<float> slope = grad({y}, x)[0].values();
  for (std::size_t i = 0; i < 3; ++i) CHECK(slope[i] == doctest::Approx(2 * x[0].values()[i] + 3));
}

TEST_CASE("gradients to results in the middle, and zeros where nothing leads") {
  Engine engine;
  const auto x = leaves(engine, {random_array({1, 1, 1, 3}, 1), random_array({1, 1, 1, 2}, 2)});
  const Tensor middle = scale(x[0], 2);
  const Tensor y = middle * middle;
  const auto gradients = grad({y}, {middle, x[0], x[1]});
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(gradients[0].values()[i] == doctest::Approx(2 * middle.values()[i]));
    CHECK(gradients[1].values()[i] == doctest::Approx(4 * middle.values()[i]));
  }
  CHECK(gradients[2].values() == std::vector<float>{0, 0});
}

TEST_CASE("no work is done for gradients that nobody asked for") {
  Engine engine;
  const auto x = leaves(engine, {random_array({1, 6, 6, 3}, 1), random_array({4, 3, 3, 3}, 2)});
  bool asked_for_weight = false;
  Tensor y = record("probe", Tensor::zeros(engine, {}), {x[0], x[1]},
                    [&](const Tensor&, const std::vector<bool>& wanted) {
                      asked_for_weight = wanted[1];
                      return std::vector<Tensor>{Tensor::zeros(engine, x[0].shape()), Tensor()};
                    });
  grad({y}, {x[0]});
  CHECK_FALSE(asked_for_weight);
}

TEST_CASE("nothing is recorded under NoGrad, nor from tensors without a gradient") {
  Engine engine;
  const auto x = leaves(engine, {random_array({1, 1, 1, 3}, 1)});
  {
    const NoGrad pause(engine);
    CHECK_FALSE((x[0] * x[0]).requires_grad());
  }
  CHECK((x[0] * x[0]).requires_grad());
  CHECK_FALSE((x[0].detach() * x[0].detach()).requires_grad());
}

TEST_CASE("first-order gradients stay off the tape, create_graph puts them on it") {
  Engine engine;
  const auto x = leaves(engine, {random_array({1, 1, 1, 3}, 1)});
  const Tensor y = x[0] * x[0];
  CHECK_FALSE(grad({y}, x)[0].requires_grad());
  CHECK(grad({y}, x, {}, true)[0].requires_grad());
}

TEST_CASE("a deep tape does not exhaust the stack") {
  Engine engine;
  const auto x = leaves(engine, {random_array({1, 1, 1, 1}, 1)});
  Tensor y = x[0];
  for (int i = 0; i < 20000; ++i) y = affine(y, 1, 0);
  CHECK(grad({y}, x)[0].item() == 1);
}

TEST_CASE("a cotangent of another shape is refused") {
  Engine engine;
  const auto x = leaves(engine, {random_array({1, 1, 1, 3}, 1)});
  CHECK_THROWS_AS(grad({x[0] * x[0]}, x, {Tensor::zeros(engine, {})}), CheckError);
  CHECK_THROWS_AS(grad({}, x), CheckError);
}

TEST_CASE("the arena hands released buffers out again, and tensors may outlive their engine") {
  Tensor survivor;
  {
    Engine engine;
    survivor = Tensor::full(engine, {1, 4, 4, 4}, 3);
    const void* before = nullptr;
    {
      const Tensor t = Tensor::empty(engine, {1, 8, 8, 8});
      before = t.view().data;
      CHECK(reinterpret_cast<std::uintptr_t>(before) % 256 == 0);
    }
    const std::size_t allocations = engine.memory().allocations;
    const Tensor again = Tensor::empty(engine, {1, 8, 8, 8});
    CHECK(again.view().data == before);
    CHECK(engine.memory().allocations == allocations);
    const Tensor larger = Tensor::empty(engine, {1, 16, 16, 8});
    CHECK(engine.memory().allocations == allocations + 1);
    CHECK(survivor.values() == std::vector<float>(64, 3.0f));
  }
  CHECK(survivor.shape() == Shape{1, 4, 4, 4});
}

}  // namespace bauta::test
