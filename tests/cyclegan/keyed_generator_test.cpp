// Keyed generators: the companded code where nothing was learned, the lattice whatever was, and as the
// network code of keyed De-ID.
#include "cyclegan/networks/keyed_generator.h"

#include <unistd.h>

#include <array>
#include <filesystem>

#include "cyclegan/anonymizer/code_networks.h"
#include "cyclegan/keyed/keyed_anonymizer.h"
#include "cyclegan/keyed/keyed_method.h"
#include "cyclegan/networks/pictures.h"
#include "cyclegan/training/trainer.h"
#include "io/file_error.h"
#include "kernels/check.h"
#include "nn/tape.h"
#include "tests/compare.h"
#include "tests/cyclegan/keyed_pictures.h"

namespace bauta::test {

namespace {

LoadedGenerator generator(Engine& engine, GeneratorRole role, float k = 7, std::uint64_t seed = 1) {
  GeneratorFacts facts;
  facts.config = {.kind = GeneratorKind::Keyed,
                  .role = role,
                  .ngf = 8,
                  .residual_blocks = 1,
                  .composite = true,
                  .residual_levels = k};
  Generator made(facts.config);
  std::vector<NamedParameter> named;
  made.collect("", named);
  Parameters parameters(engine, named);
  made.initialize(seed, 0);
  return {std::move(facts), std::move(made), std::move(parameters)};
}

// Weights that were not learned either, but do something: the last convolution, too.
void disturb(const LoadedGenerator& network, float factor) {
  std::vector<NamedParameter> named;
  network.generator.collect("", named);
  const RandomStream stream{7, 0};
  for (const auto& [name, parameter] : named) {
    std::vector<float> values = parameter->master.values();
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] += factor * static_cast<float>(stream.uniform(i) - 0.5);
    parameter->master.assign(values);
  }
  network.parameters.publish();
}

Image run(Engine& engine, const LoadedGenerator& network, const Image& picture, const MosaicBox& box) {
  return face_network(engine, network.generator)(picture, box);
}

MosaicBox whole(const Image& picture, int block) { return {0, 0, picture.width, picture.height, block}; }

// A pair as the code of keyed De-ID, and what keeps it alive.
struct Pair {
  explicit Pair(Engine& engine, float k = 7, float disturbed = 0)
      : G(generator(engine, GeneratorRole::DeId, k)), F(generator(engine, GeneratorRole::ReId, k, 2)) {
    if (disturbed > 0)
      for (const LoadedGenerator* network : {&G, &F}) disturb(*network, disturbed);
    code = code_networks(&G, face_network(engine, G.generator), F, face_network(engine, F.generator));
  }
  LoadedGenerator G, F;
  CodeNetworks code;
};

double squares(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::pow(a.pixels[i] - b.pixels[i], 2);
  return sum;
}

}  // namespace

TEST_CASE("keyed generators: an untrained pair is the companded code, level for level") {
  Engine engine;
  const Image picture = smooth_picture(61, 47);
  for (const int k : {1, 3, 7, 10, 15, 31})
    for (const int block : {6, 13}) {
      CAPTURE(k);
      CAPTURE(block);
      const Lattice lattice(k);
      const Pair pair(engine, static_cast<float>(k));
      const Image levels = run(engine, pair.G, picture, whole(picture, block));
      const auto cells = block_cells(picture, block, lattice);
      // A mean of exactly a half may be rounded either way.
      const Image companded = companded_levels(picture, cells, lattice);
      std::size_t otherwise = 0;
      for (std::size_t i = 0; i < cells.size(); ++i) otherwise += levels.pixels[i] != companded.pixels[i];
      CHECK(otherwise <= cells.size() / 200);
      CHECK(run(engine, pair.F, levels, whole(picture, block)) == expanded(levels, lattice));
    }
}

TEST_CASE("keyed generators: whatever the weights, De-ID stays in its blocks' cells") {
  Engine engine;
  const Image picture = smooth_picture(64, 48);
  const Pair pair(engine, 7, 3);
  const Lattice lattice(7);
  const Image levels = pair.code.write(picture, 12);
  CHECK(lies_in_cells(levels, read_cells(levels, 12, lattice), lattice));
  CHECK(levels != companded_levels(picture, block_cells(picture, 12, lattice), lattice));
}

TEST_CASE("keyed generators: residual levels that no lattice has are refused") {
  for (const float k : {0.0f, 7.5f, 32.0f, -1.0f}) {
    GeneratorConfig config;
    config.kind = GeneratorKind::Keyed;
    config.residual_levels = k;
    CHECK_THROWS_AS(Generator{config}, CheckError);
  }
}

TEST_CASE("keyed generators: Re-ID's gradient is the loss's slope, and De-ID learns through the rounding") {
  Engine engine;
  const Pair pair(engine, 7, 0.1f);
  const Tensor x = to_tensor(engine, {smooth_picture(32, 24)});
  const Boxes boxes(engine, std::array{MosaicBox{0, 0, 32, 24, 8}});
  const auto loss = [&] { return l1_loss(pair.F.generator(pair.G.generator(x, boxes), boxes), x); };
  Gradients of_F(pair.F.parameters), of_G(pair.G.parameters);
  backward({loss()}, {1}, of_F);
  std::vector<NamedParameter> named;
  pair.F.generator.collect("", named);
  // The last convolution's bias: the loss is piecewise linear in it.
  const Parameter& bias = *named.back().parameter;
  std::vector<float> values = bias.master.values();
  const Parameters& parameters = pair.F.parameters;
  const auto gradient = parameters.part(of_F.flat(), parameters.trained().size() - 1).values();
  constexpr float kStep = 1e-2f;
  const auto loss_at = [&](float shift) {
    std::vector<float> moved = values;
    moved[1] += shift;
    bias.master.assign(moved);
    pair.F.parameters.publish();
    return loss().item();
  };
  const float slope = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
  CHECK(gradient[1] == doctest::Approx(slope).epsilon(0.05));
  loss_at(0);
  backward({loss()}, {1}, of_G);
  const std::vector<float> learned = of_G.flat().values();
  CHECK(std::ranges::count_if(learned, [](float g) { return g != 0; }) >
        static_cast<std::ptrdiff_t>(learned.size() / 2));
}

TEST_CASE("network code: a face goes there and back; other networks, another key and changes are noticed") {
  Engine engine;
  // Untrained networks are never better than companding, so theirs is what is written.
  const Pair untrained(engine), other(engine, 7, 0.05f);
  const SecretKey key = test_key();
  const Image region = smooth_picture(60, 50);
  const Lattice lattice(7);
  const auto cells = block_cells(region, 15, lattice);
  Image levels = other.code.write(region, 15);
  const Image written =
      hide_region(region, cells, 15, lattice, NetworkBody{levels, other.code.identity}, key).pixels;
  CHECK(lies_in_cells(written, cells, lattice));

  const OpenedRegion opened = open_region(written, 15, lattice, keys_from(key), false, &other.code);
  CHECK(opened.state == RegionState::Intact);
  CHECK(opened.code == ResidualCode::Network);
  REQUIRE(opened.original.has_value());
  // But for the row that nonce, tag and head took, it is what the Re-ID network makes of the levels.
  const Image expected = other.code.read(levels);
  const int reach = keyed_reach(1) + 1;
  CHECK(crop(*opened.original, 0, reach, 60, 50 - reach) == crop(expected, 0, reach, 60, 50 - reach));

  for (const CodeNetworks* networks : {static_cast<const CodeNetworks*>(nullptr), &untrained.code}) {
    const OpenedRegion without = open_region(written, 15, lattice, keys_from(key), false, networks);
    CHECK(without.state == RegionState::Intact);
    CHECK(without.code == ResidualCode::Network);
    CHECK_FALSE(without.original.has_value());
  }
  CHECK(open_region(written, 15, lattice, keys_from(test_key(9)), true, &other.code).state ==
        RegionState::Unreadable);

  Image changed = written;
  changed.at(30, 40)[1] ^= 1;
  CHECK_FALSE(open_region(changed, 15, lattice, keys_from(key), false, &other.code).original.has_value());
  const OpenedRegion forced = open_region(changed, 15, lattice, keys_from(key), true, &other.code);
  CHECK(forced.state == RegionState::Changed);
  REQUIRE(forced.original.has_value());
  CHECK(squares(*forced.original, *opened.original) < 100 * 27 * 255);

  levels.at(20, 20)[0] = static_cast<std::uint8_t>(levels.at(20, 20)[0] + 15);
  CHECK_THROWS_AS(hide_region(region, cells, 15, lattice, NetworkBody{levels, 1}, key),
                  std::invalid_argument);
}

TEST_CASE("network code: a face gets it only where it comes back better than by companding") {
  Engine engine;
  const SecretKey key = test_key();
  const Image photo = smooth_picture(90, 80);
  const Box face{10, 8, 61, 60};
  const auto code_with = [&](const Pair& pair) {
    Image hidden = photo;
    const auto faces =
        hide_faces(hidden, {face}, {.code = ResidualCode::Network, .networks = &pair.code}, key);
    REQUIRE(faces.size() == 1);
    Image shown = hidden;
    CHECK(restore_region(shown, faces[0].region, keys_from(key), false, &pair.code).state ==
          RegionState::Intact);
    return std::pair(faces[0].code, squares(shown, photo));
  };
  Pair worse(engine, 7, 2);
  CHECK(code_with(worse).first == ResidualCode::Companded);

  // A few steps on the very picture.
  TrainingConfig config;
  config.generator = GeneratorKind::Keyed;
  config.ngf = 8;
  config.ndf = 1;
  config.residual_blocks = 1;
  config.residual_levels = 7;
  config.adversarial_deid = config.adversarial_reid = 0;
  config.learning_rate = 2e-3f;
  config.steps = 60;
  Trainer trainer(engine, config);
  trainer.initialize();
  const Tensor x = to_tensor(engine, {crop(photo, 10, 8, 60, 60)});
  const Boxes boxes(engine, std::array{MosaicBox{0, 0, 60, 60, 15}});
  const float first = trainer.step({x, x, boxes, boxes}).cycle_X.item();
  StepLosses losses;
  for (int i = 1; i < config.steps; ++i) losses = trainer.step({x, x, boxes, boxes});
  CHECK(losses.cycle_X.item() < 0.9f * first);
  CHECK_FALSE(losses.D_X);
  Pair better(engine);
  const auto copy = [](const Generator& from, const LoadedGenerator& to) {
    std::vector<NamedParameter> source, target;
    from.collect("", source);
    to.generator.collect("", target);
    for (std::size_t i = 0; i < source.size(); ++i)
      target[i].parameter->master.assign(source[i].parameter->master.values());
    to.parameters.publish();
  };
  copy(trainer.latest().deid, better.G);
  copy(trainer.latest().reid, better.F);
  const auto [code, error] = code_with(better);
  CHECK(code == ResidualCode::Network);
  CHECK(error < code_with(worse).second);

  Image untouched = photo;
  CHECK_THROWS_AS(
      hide_faces(untouched, {face},
                 {.code = ResidualCode::Network, .residual_levels = 10, .networks = &better.code}, key),
      std::invalid_argument);
  CHECK(untouched == photo);
}

TEST_CASE(
    "network code: large regions in parts are what they are as a whole, but for rounding and De-ID's seams") {
  Engine engine;
  const Pair pair(engine, 7, 0.05f);
  const Image region = smooth_picture(700, 530);
  for (const int block : {130, 24}) {
    const Image parts = pair.code.write(region, block),
                at_once = run(engine, pair.G, region, whole(region, block));
    const auto others = [](const Image& a, const Image& b) {
      std::size_t count = 0;
      for (std::size_t i = 0; i < a.pixels.size(); ++i) count += a.pixels[i] != b.pixels[i];
      return count;
    };
    CHECK(others(parts, at_once) < parts.pixels.size() / 100);
    const Lattice lattice(7);
    CHECK(read_cells(parts, block, lattice) == read_cells(at_once, block, lattice));
    CHECK(lies_in_cells(parts, read_cells(parts, block, lattice), lattice));
    CHECK(others(pair.code.read(parts), run(engine, pair.F, parts, whole(parts, block))) <
          parts.pixels.size() / 10000);
  }
}

TEST_CASE(
    "network code as a method: with the key alone, and with the thief's network alone no more than blocks") {
  Engine engine;
  const Pair pair(engine, 7, 0.02f);
  const KeyedMethod method(pair.code, 4);
  const Image clear = smooth_picture(96, 80);
  const MosaicBox face{16, 8, 64, 64, 16};
  const Image hidden = method.hide({&clear, face});
  CHECK(hidden != method.hide({&clear, face}));
  const FacePicture published{&hidden, face};
  const double right = squares(method.restore(published, Key::Right), clear);
  CHECK(squares(method.restore(published, Key::Wrong), clear) > 10 * right);
  CHECK(squares(method.restore(published, Key::None), clear) > 5 * right);
}

TEST_CASE("keyed generators in files: what was written is what is read, and other shapes are refused") {
  Engine engine;
  const auto path = std::filesystem::temp_directory_path() /
                    ("bauta-keyed-generator-" + std::to_string(getpid()) + ".safetensors");
  const LoadedGenerator made = generator(engine, GeneratorRole::ReId, 10);
  disturb(made, 0.1f);
  save_generator(path, made.generator, 32, 4, {});
  const LoadedGenerator read = load_generator(engine, path);
  CHECK(read.generator.config() == made.generator.config());
  const Image levels = smooth_picture(24, 20);
  CHECK(run(engine, read, levels, whole(levels, 6)) == run(engine, made, levels, whole(levels, 6)));

  SafetensorsFile file = read_safetensors(path);
  file.metadata["residual_levels"] = "7.5";
  write_safetensors(path, file, true);
  CHECK_THROWS_AS(load_generator(engine, path), FileError);
  file.metadata["residual_levels"] = "7";
  file.tensors.erase("model.0.weight");
  write_safetensors(path, file, true);
  CHECK_THROWS_AS(load_generator(engine, path), FileError);
  std::filesystem::remove(path);
}

}  // namespace bauta::test
