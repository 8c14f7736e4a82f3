// FaceNet and SFace: the embeddings of a reference runtime, people told apart as by it, gradients, and files
// that are none of theirs.
#include <doctest/doctest.h>

#include <thread>

#include "cyclegan/networks/pictures.h"
#include "io/file_error.h"
#include "io/safetensors.h"
#include "kernels/check.h"
#include "nn/ops.h"
#include "nn/tape.h"
#include "tests/compare.h"
#include "tests/cyclegan/identity_references.h"
#include "tests/io/temporary_folder.h"

namespace bauta::test {

namespace {

double length(const Embedding& embedding) {
  double square = 0;
  for (const float number : embedding) square += static_cast<double>(number) * static_cast<double>(number);
  return std::sqrt(square);
}

std::string message(const std::function<void()>& work) {
  try {
    work();
  } catch (const FileError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("identity networks give a reference runtime's embeddings, on every instruction set") {
  if (!identity_networks_are_fetched()) return;
  const std::filesystem::path folder = named_folder("BAUTA_IDENTITY", "facenet/embeddings.tsv");
  if (folder.empty()) return;
  for (const std::string& name : kIdentityNetworks) {
    CAPTURE(name);
    const std::vector<ReferenceEmbedding> references = read_references(folder / name);
    REQUIRE(references.size() >= 2);
    std::vector<Image> cuts;
    for (const auto& reference : references) cuts.push_back(reference.cut);
    for (const Backend* const backend : available_backends()) {
      CAPTURE(backend->name);
      Engine engine(*backend);
      const auto network = load_identity_network(engine, name);
      const bool best = backend == available_backends().front();
      if (!best) cuts.resize(1);
      double least = 1;
      const std::vector<Embedding> embeddings = network->embed(cuts);
      REQUIRE(embeddings.size() == cuts.size());
      for (std::size_t i = 0; i < cuts.size(); ++i) {
        CHECK(length(embeddings[i]) == doctest::Approx(1).epsilon(1e-5));
        least = std::min(least, cosine(embeddings[i], references[i].embedding));
      }
      std::cout << name << " on " << backend->name << ", " << cuts.size()
                << " cuts: 1 - cosine to the reference at most " << 1 - least << "\n";
      CHECK(least > 0.9999);
    }
  }
}

TEST_CASE("an embedding does not depend on its batch") {
  if (!identity_networks_are_fetched()) return;
  Engine engine;
  for (const std::string& name : kIdentityNetworks) {
    CAPTURE(name);
    const auto network = load_identity_network(engine, name);
    std::vector<Image> cuts;
    for (int i = 0; i < 3; ++i) cuts.push_back(drawn_cut(network->side(), i));
    const auto together = network->embed(cuts, 2), alone = network->embed(cuts, 1);
    REQUIRE(together.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(together[i].size() == static_cast<std::size_t>(network->dimensions()));
      check_close(together[i], alone[i], {1e-5, 1e-4});
    }
    CHECK(cosine(alone[0], alone[1]) < 0.99);
    CHECK(network->embed({}).empty());
    CHECK_THROWS_AS(network->embed({drawn_cut(network->side() - 1, 0)}), CheckError);
  }
}

TEST_CASE("an SFace that shares another's weights gives the same embeddings, several at a time") {
  const std::filesystem::path weights = fetched("sface");
  if (!std::filesystem::exists(weights)) return;
  Engine engine(*available_backends().front(), 1);
  const SFace first(engine, weights);
  Image face = blank_image(first.side(), first.side());
  for (std::size_t i = 0; i < face.pixels.size(); ++i)
    face.pixels[i] = static_cast<std::uint8_t>(i * i % 251);
  const auto expected = first.embed({face, face});
  std::vector<std::vector<Embedding>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& of_thread : made)
      threads.emplace_back([&] {
        Engine own(*available_backends().front(), 1);
        const SFace shared(own, first);
        for (int again = 0; again < 3; ++again) of_thread = shared.embed({face, face});
        CHECK(own.memory().held < engine.memory().held);
      });
  }
  for (const auto& of_thread : made) CHECK(of_thread == expected);
}

TEST_CASE("brightness and contrast are nothing to FaceNet, and a picture without either is no error") {
  if (!identity_networks_are_fetched()) return;
  Engine engine;
  const FaceNet network(engine, fetched("facenet"));
  const Tensor x = to_tensor(engine, {drawn_cut(network.side(), 1)});
  const auto plain = network(x).values(), dull = network(affine(x, 0.3f, 0.2f)).values();
  CHECK(cosine(plain, dull) > 0.99999);
  const auto flat = network.embed({blank_image(network.side(), network.side())});
  CHECK(length(flat[0]) == doctest::Approx(1).epsilon(1e-5));
}

TEST_CASE("the gradient of a cosine to another face is what small changes of the picture do") {
  if (!identity_networks_are_fetched()) return;
  Engine engine;
  for (const std::string& name : kIdentityNetworks) {
    CAPTURE(name);
    const auto network = load_identity_network(engine, name);
    const Tensor start = to_tensor(engine, {drawn_cut(network->side(), 0)});
    const Embedding other = network->embed({drawn_cut(network->side(), 1)}).front();
    const Tensor wanted = Tensor::from(engine, {1, 1, 1, network->dimensions()}, other);
    const auto likeness = [&](const Tensor& x) { return sum((*network)(x)*wanted); };

    Tensor x = start.detach();
    x.set_requires_grad();
    const Tensor slope = grad({likeness(x)}, {x})[0];
    CHECK_FALSE(slope.requires_grad());
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
      CAPTURE(seed);
      // Along the gradient, and along the gradient mixed with noise: along noise alone float32 shows nothing.
      const std::vector<float> along = slope.values();
      const double steepness = length(along);
      REQUIRE(steepness > 0);
      const Array noise = random_array(start.shape(), seed);
      const double noise_length = length(noise.values);
      std::vector<float> direction(along.size());
      const double mixed = seed == 1 ? 0 : 1;
      for (std::size_t i = 0; i < along.size(); ++i)
        direction[i] = static_cast<float>(static_cast<double>(along[i]) / steepness +
                                          mixed * static_cast<double>(noise.values[i]) / noise_length);
      double expected = 0;
      for (std::size_t i = 0; i < along.size(); ++i)
        expected += static_cast<double>(direction[i]) * static_cast<double>(along[i]);
      constexpr float kStep = 2e-3f;
      const NoGrad no_grad(engine);
      const Tensor step = Tensor::from(engine, start.shape(), direction);
      const double above = static_cast<double>(likeness(axpby(1, start, kStep, step)).item());
      const double below = static_cast<double>(likeness(axpby(1, start, -kStep, step)).item());
      const double numerical = (above - below) / (2 * static_cast<double>(kStep));
      CAPTURE(expected);
      CAPTURE(numerical);
      CHECK(std::abs(numerical - expected) < 0.02 * std::abs(expected));
    }
  }
}

TEST_CASE("a file that is not the network's is refused by name") {
  const TemporaryFolder folder;
  Engine engine;
  CHECK(message([&] { SFace(engine, folder / "none.safetensors"); }).find("none.safetensors") !=
        std::string::npos);
  SafetensorsFile file;
  file.tensors["conv_1.weight"] = {{2, 1}, {1, 2}};
  write_safetensors(folder / "odd.safetensors", file);
  const std::string odd = message([&] { SFace(engine, folder / "odd.safetensors"); });
  CHECK(odd.find("odd.safetensors: tensor conv_1.weight has shape (2, 1) instead of (32, 3, 3, 3); run "
                 "scripts/fetch_networks") != std::string::npos);
  const std::string missing = message([&] { FaceNet(engine, folder / "odd.safetensors"); });
  CHECK(missing.find("odd.safetensors: tensor conv_1a_3x3.weight is missing") != std::string::npos);
}

TEST_CASE("cosine") {
  const Embedding a{3, 4}, b{4, -3}, c{-6, -8};
  CHECK(cosine(a, a) == doctest::Approx(1));
  CHECK(cosine(a, b) == doctest::Approx(0));
  CHECK(cosine(a, c) == doctest::Approx(-1));
  CHECK_THROWS_AS(cosine(a, Embedding{1}), CheckError);
}

}  // namespace bauta::test
