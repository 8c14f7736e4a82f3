#include "nn/weight_average.h"

#include <array>

#include "kernels/check.h"
#include "tests/compare.h"

namespace bauta::test {

namespace {

// A weight and a bias, in one buffer with a gap between them.
Parameters two_parameters(Engine& engine) {
  const auto parameter = [](Shape shape) {
    auto made = std::make_shared<Parameter>();
    made->shape = shape;
    return made;
  };
  return {engine, {{"weight", parameter({2, 3, 3, 5})}, {"bias", parameter({1, 1, 1, 2})}}};
}

}  // namespace

TEST_CASE("the average of weights is the plain sum's, the latest counting most, whatever the steps") {
  for (const float decay : {0.5f, 0.9f, 0.999f}) {
    CAPTURE(decay);
    Engine engine;
    const Parameters learning = two_parameters(engine), averaged = two_parameters(engine);
    const WeightAverage average(learning, decay);
    const Shape shape = learning.flat().shape();
    std::vector<double> sum(shape.count());
    double collected = 0;
    for (std::int64_t step = 1; step <= 20; ++step) {
      const Array now = random_array(shape, static_cast<std::uint64_t>(step));
      learning.flat().assign(now.values);
      average.add();
      // sum over i of decay^(steps - i) w_i / sum over i of decay^(steps - i)
      collected = static_cast<double>(decay) * collected + 1;
      std::vector<float> expected(shape.count());
      for (std::size_t i = 0; i < sum.size(); ++i) {
        sum[i] = static_cast<double>(decay) * sum[i] + static_cast<double>(now[i]);
        expected[i] = static_cast<float>(sum[i] / collected);
      }
      average.write(averaged, step);
      check_close(averaged.flat().values(), expected, {1e-6, 1e-5}, "average");
      CHECK(learning.flat().values() == now.values);
    }
  }
}

TEST_CASE("an average without steps, or of a decay that forgets all or nothing, is refused") {
  Engine engine;
  const Parameters learning = two_parameters(engine);
  CHECK_THROWS_AS(WeightAverage(learning, 0), CheckError);
  CHECK_THROWS_AS(WeightAverage(learning, 1), CheckError);
  CHECK_THROWS_AS(WeightAverage(learning, 0.5f).write(learning, 0), CheckError);
}

}  // namespace bauta::test
