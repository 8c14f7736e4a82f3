#include "cyclegan/networks/generator.h"

#include <array>

#include "cyclegan/networks/bounded_generator.h"
#include "kernels/check.h"
#include "nn/tape.h"
#include "tests/compare.h"

namespace bauta::test {

namespace {

struct Built {
  Generator generator;
  Parameters parameters;
};

Built build(Engine& engine, GeneratorConfig config, std::uint64_t seed = 1) {
  config.ngf = 4;
  config.residual_blocks = 1;
  Generator generator(config);
  std::vector<NamedParameter> named;
  generator.collect("", named);
  Parameters parameters(engine, named);
  generator.initialize(seed, 0);
  return {std::move(generator), std::move(parameters)};
}

// A picture with something to see: waves of three frequencies, and noise.
Tensor photograph(Engine& engine, int size) {
  Array array({1, size, size, 3});
  const RandomStream noise{3, 0};
  for (int h = 0; h < size; ++h)
    for (int w = 0; w < size; ++w)
      for (int c = 0; c < 3; ++c) {
        const double wave =
            0.5 * std::sin(h * 0.11 + c) + 0.25 * std::cos(w * 0.23) + 0.1 * std::sin((h + w) * 0.7);
        const double grain = 0.05 * noise.uniform(static_cast<std::uint64_t>((h * size + w) * 3 + c));
        array.at(0, h, w, c) = static_cast<float>(wave + grain);
      }
  return round_to_8_bits(Tensor::from(engine, array.shape, array.values));
}

double psnr(const Tensor& a, const Tensor& b) {
  const auto u = a.values(), v = b.values();
  double squares = 0;
  for (std::size_t i = 0; i < u.size(); ++i) squares += std::pow(static_cast<double>(u[i]) - v[i], 2);
  return 10 * std::log10(4 / (squares / static_cast<double>(u.size())));
}

GeneratorConfig of_kind(GeneratorKind kind, GeneratorRole role = GeneratorRole::DeId) {
  GeneratorConfig config;
  config.kind = kind;
  config.role = role;
  return config;
}

}  // namespace

TEST_CASE("the reference generator is blind to brightness and contrast, the skip generator is not") {
  Engine engine;
  const Tensor x = scale(photograph(engine, 32), 0.5f), changed = affine(x, 0.8f, 0.1f);
  const Built reference = build(engine, of_kind(GeneratorKind::Reference));
  initialize_normal(reference.parameters.named(), 0.3f, 1, 0);  // large beside the norm's eps
  check_close(reference.generator(x, {}).values(), reference.generator(changed, {}).values(), {2e-3, 0});
  const Built skip = build(engine, of_kind(GeneratorKind::Skip));
  CHECK(psnr(skip.generator(x, {}), skip.generator(changed, {})) < 30);
}

TEST_CASE("an untrained skip generator is the identity") {
  Engine engine;
  const Tensor x = photograph(engine, 24);
  const Built skip = build(engine, of_kind(GeneratorKind::Skip));
  check_close(skip.generator(x, {}).values(), x.values());
}

TEST_CASE("composite leaves everything outside the face box as it was") {
  Engine engine;
  GeneratorConfig config = of_kind(GeneratorKind::Reference);
  config.composite = true;
  const Built built = build(engine, config);
  const Tensor x = photograph(engine, 16);
  const Boxes box(engine, std::array{MosaicBox{4, 5, 8, 6, 2}});
  const Tensor y = built.generator(x, box);
  const auto before = x.values(), after = y.values();
  int changed_inside = 0;
  for (int h = 0; h < 16; ++h)
    for (int w = 0; w < 16; ++w) {
      const bool inside = w >= 4 && w < 12 && h >= 5 && h < 11;
      const auto i = static_cast<std::size_t>((h * 16 + w) * 3);
      if (!inside) CHECK(after[i] == before[i]);
      if (inside && after[i] != before[i]) ++changed_inside;
    }
  CHECK(changed_inside > 40);
}

TEST_CASE("a bounded De-ID network cannot leave its block colours, whatever its weights") {
  Engine engine;
  const Tensor x = photograph(engine, 32);
  const Boxes box(engine, std::array{MosaicBox{2, 3, 27, 25, 5}});
  for (float levels : {3.0f, 7.0f}) {
    GeneratorConfig config = of_kind(GeneratorKind::Bounded);
    config.residual_levels = levels;
    const Built built = build(engine, config);
    // Weights as wild as one likes.
    initialize_normal(built.parameters.named(), 3, 9, 0);
    const Tensor y = built.generator(x, box);
    const float kappa = levels / 127.5f;
    const auto m = scale(mosaic(x, box), 1 - kappa).values(), out = y.values();
    double largest = 0;
    for (int h = 3; h < 28; ++h)
      for (int w = 2; w < 29; ++w) {
        const auto i = static_cast<std::size_t>((h * 32 + w) * 3);
        largest = std::max(largest, std::abs(static_cast<double>(out[i]) - m[i]));
        CHECK(std::abs(out[i]) <= 1.0f);
      }
    CHECK(largest <= static_cast<double>(kappa) * 1.0001);
    CHECK(largest > static_cast<double>(kappa) * 0.5);  // the test does see the residual
  }
}

TEST_CASE("an untrained bounded pair restores through 8 bits; more levels restore more") {
  Engine engine;
  const Tensor x = photograph(engine, 48);
  const Boxes box(engine, std::array{MosaicBox{0, 0, 48, 48, 6}});
  double before = 0;
  for (float levels : {3.0f, 7.0f, 15.0f}) {
    GeneratorConfig deid = of_kind(GeneratorKind::Bounded),
                    reid = of_kind(GeneratorKind::Bounded, GeneratorRole::ReId);
    deid.residual_levels = reid.residual_levels = levels;
    const Built g = build(engine, deid), f = build(engine, reid);
    const double restored = psnr(f.generator(round_to_8_bits(g.generator(x, box)), box), x);
    CHECK(restored > before + 2);
    before = restored;
  }
  CHECK(before > 38);
}

TEST_CASE("a bounded residual is gone after averaging 2 x 2 pixels") {
  Engine engine;
  const Built g = build(engine, of_kind(GeneratorKind::Bounded));
  const Tensor x = photograph(engine, 48);
  const Boxes box(engine, std::array{MosaicBox{0, 0, 48, 48, 8}});
  const Tensor y = g.generator(x, box), residual = y - mosaic(y, box);
  const double fine = mean(residual * residual).item();
  const Tensor coarse = avg_pool(residual, {2, 2, 0});
  CHECK(mean(coarse * coarse).item() < 0.02 * fine);
}

TEST_CASE("companding and expanding are inverse") {
  Engine engine;
  const BoundedCode code(7, 12);
  const Tensor d =
      Tensor::from(engine, {1, 1, 1, 7}, std::vector<float>{-1, -0.5f, -0.01f, 0, 0.1f, 0.8f, 1});
  check_close(code.expand(code.compand(d)).values(), d.values());
  for (float value : code.compand(d).values()) CHECK(std::abs(value) <= 1.0001f);
  CHECK_THROWS_AS(BoundedCode(0, 12), CheckError);
  CHECK_THROWS_AS(BoundedCode(128, 12), CheckError);
}

TEST_CASE("pictures of a size that the network cannot take are refused") {
  Engine engine;
  const Built built = build(engine, of_kind(GeneratorKind::Reference));
  for (const Shape shape : {Shape{1, 18, 16, 3}, Shape{1, 16, 4, 3}, Shape{1, 16, 16, 1}})
    CHECK_THROWS_AS(built.generator(Tensor::zeros(engine, shape), {}), CheckError);
  CHECK(built.generator(Tensor::zeros(engine, {2, 8, 12, 3}), {}).shape() == Shape{2, 8, 12, 3});
}

TEST_CASE("kinds by name") {
  CHECK(generator_kind("bounded") == GeneratorKind::Bounded);
  CHECK_THROWS_AS(generator_kind("best"), CheckError);
}

}  // namespace bauta::test
