#include "cyclegan/anonymizer/network_runner.h"

#include <doctest/doctest.h>

#include <array>
#include <thread>

#include "cyclegan/networks/pictures.h"
#include "kernels/check.h"
#include "tests/cyclegan/anonymizer_pictures.h"

using namespace bauta;
using test::smooth_picture;
using test::UntrainedNetwork;

TEST_CASE("a network on bytes is the generator between to_tensor and to_image") {
  Engine engine;
  const UntrainedNetwork G(engine, GeneratorKind::Bounded, GeneratorRole::DeId);
  NetworkRunner run(engine, G.generator);
  const std::array<Image, 2> pictures{smooth_picture(64, 48), smooth_picture(64, 48)};
  const std::array<MosaicBox, 2> faces{MosaicBox{10, 8, 30, 32, 5}, MosaicBox{0, 0, 64, 48, 6}};
  const std::vector<Image> made =
      run(std::array{FacePicture{&pictures[0], faces[0]}, FacePicture{&pictures[1], faces[1]}});
  REQUIRE(made.size() == 2);
  const NoGrad no_grad(engine);
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(made[i] == to_image(G.generator(to_tensor(engine, {pictures[i]}), Boxes(engine, {faces[i]})), 0));
  CHECK(run.recordings() == 1);
}

TEST_CASE("pictures of several sizes in one batch, of a wrong size, and none are refused") {
  Engine engine;
  const UntrainedNetwork G(engine, GeneratorKind::Reference, GeneratorRole::DeId);
  NetworkRunner run(engine, G.generator);
  const Image small = smooth_picture(32, 32), large = smooth_picture(64, 64), odd = smooth_picture(33, 32);
  CHECK_THROWS_AS(run({}), CheckError);
  CHECK_THROWS_AS(run(std::array{FacePicture{&small, {}}, FacePicture{&large, {}}}), CheckError);
  CHECK_THROWS_AS(run(std::array{FacePicture{&odd, {}}}), CheckError);
  CHECK(run(std::array{FacePicture{&small, {}}}).size() == 1);  // nothing is left of them
}

TEST_CASE("a shared network gives each thread its own picture, bit for bit") {
  Engine engine;
  const UntrainedNetwork G(engine, GeneratorKind::Bounded, GeneratorRole::DeId);
  const MosaicBox face{10, 8, 40, 40, 5};
  std::vector<Image> pictures, expected, made(6);
  for (int i = 0; i < 6; ++i) {
    pictures.push_back(smooth_picture(64 + 4 * (i % 2), 64));
    for (auto& value : pictures.back().pixels) value = static_cast<std::uint8_t>(value + 5 * i);
    expected.push_back(G.network(pictures.back(), face));
  }
  const FaceNetwork shared = shared_face_network(engine, G.generator);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < made.size(); ++i)
      threads.emplace_back([&, i] { made[i] = shared(pictures[i], face); });
  }
  for (std::size_t i = 0; i < made.size(); ++i) CHECK(made[i] == expected[i]);
}
