#include "cyclegan/faces/yunet.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "kernels/check.h"
#include "tests/cyclegan/identity_references.h"

namespace bauta::test {

TEST_CASE("YuNet says the same, to the bit, of a picture that it sees in parts") {
  if (!std::filesystem::exists(fetched("yunet"))) {
    std::cout << "SKIP: YuNet is not here; run scripts/fetch_networks\n";
    return;
  }
  Engine engine;
  const YuNet network(engine, fetched("yunet"));
  for (const auto& [height, width] : {std::pair{32, 32}, {96, 672}, {672, 1312}}) {
    CAPTURE(width);
    const Shape shape{1, height, width, 3};
    std::vector<float> values(shape.count());
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(127 + 120 * std::sin(1e-3 * static_cast<double>(i * i % 100'003)));
    const Tensor picture = Tensor::from(engine, shape, values);
    std::vector<Box> asked;
    const auto part = [&](const Box& box) {
      asked.push_back(box);
      return crop(picture, {.top = box.y,
                            .bottom = height - box.y - box.height,
                            .left = box.x,
                            .right = width - box.x - box.width});
    };
    const NoGrad no_tape(engine);
    const auto whole = network(picture), in_parts = network(YuNet::Parts{height, width, part});
    for (std::size_t level = 0; level < whole.size(); ++level) {
      CHECK(in_parts[level].face.shape() == whole[level].face.shape());
      CHECK(in_parts[level].face.values() == whole[level].face.values());
      CHECK(in_parts[level].object.values() == whole[level].object.values());
      CHECK(in_parts[level].box.values() == whole[level].box.values());
      CHECK(in_parts[level].landmarks.values() == whole[level].landmarks.values());
    }
    CHECK(asked.size() == static_cast<std::size_t>((height + 639) / 640 * ((width + 639) / 640)));
    CHECK(std::ranges::all_of(asked, [](const Box& box) { return box.x % 8 == 0 && box.y % 8 == 0; }));
  }
  CHECK_THROWS_AS(network(YuNet::Parts{40, 64, {}}), CheckError);
}

}  // namespace bauta::test
