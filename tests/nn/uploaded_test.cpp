#include "nn/uploaded.h"

#include <doctest/doctest.h>

#include <vector>

namespace bauta::test {

namespace {

template <class T>
std::vector<T> contents(const Engine& engine, const Uploaded<T>& uploaded) {
  std::vector<T> values(uploaded.size());
  engine.kernels().copy_out(values.data(), uploaded.data(), values.size() * sizeof(T), engine.context());
  return values;
}

}  // namespace

TEST_CASE("uploaded values lie in the backend's memory, for as long as anybody has them") {
  const Engine engine;
  const std::vector<MosaicBox> boxes = {{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}};
  Uploaded<MosaicBox> first(engine, boxes);
  const Uploaded<MosaicBox> second = first;
  CHECK(second.data() == first.data());
  first = Uploaded<MosaicBox>();
  CHECK(first.data() == nullptr);
  CHECK(first.size() == 0);
  CHECK(contents(engine, second) == boxes);

  const std::span<const MosaicBox> seen = second;
  CHECK(seen.data() == second.data());
  CHECK(seen.size() == 2);
}

TEST_CASE("uploaded values can be written out, and be none") {
  const Engine engine;
  CHECK(contents(engine, Uploaded<int>(engine, {3, 1, 4})) == std::vector<int>{3, 1, 4});
  const Uploaded<RandomStream> stream(engine, {{7, 9}});
  CHECK(contents(engine, stream).at(0).stream == 9);
  CHECK(Uploaded<int>(engine, std::vector<int>()).size() == 0);
}

}  // namespace bauta::test
