// Keyed De-ID as a method: what comes back with the key, with another, and with none.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "cyclegan/anonymizer/anonymizer.h"
#include "cyclegan/attacks/attack.h"
#include "cyclegan/baselines/baselines.h"
#include "cyclegan/baselines/irreversible.h"
#include "cyclegan/keyed/keyed_method.h"
#include "tests/cyclegan/anonymizer_pictures.h"
#include "tests/cyclegan/attack_scene.h"
#include "tests/cyclegan/baseline_pictures.h"

using namespace bauta;
using namespace bauta::test;

namespace {

const std::vector<MosaicBox> kPlaces{{16, 8, 64, 64, 16}, {13, 7, 61, 53, 13}, {-9, -5, 50, 47, 12}};

Image blocks_of(const Image& clear, const MosaicBox& face, int blocks) {
  return PlainMosaic(blocks).hide({&clear, face});
}

}  // namespace

TEST_CASE("keyed method: with its key the face comes back, with another or none no more than its blocks") {
  const Image clear = smooth_picture(96, 80);
  for (const ResidualCode code : {ResidualCode::Exact, ResidualCode::Companded}) {
    const KeyedMethod method(code, 4), other(code, 4);
    CHECK(method.keyed());
    CHECK(method.reversible());
    CHECK(method.visible_blocks() == 4);
    for (const MosaicBox& face : kPlaces) {
      CAPTURE(face.x);
      const Image hidden = method.hide({&clear, face});
      CHECK(same_outside(hidden, clear, face));
      CHECK(hidden != method.hide({&clear, face}));
      const FacePicture published{&hidden, face};

      const Image restored = method.restore(published, Key::Right);
      if (code == ResidualCode::Exact)
        CHECK(restored == clear);
      else
        CHECK(psnr_inside(clear, restored, face) > 30);

      const double blocks = psnr_inside(clear, blocks_of(clear, face, 4), face);
      for (const Image& guess : {method.restore(published, Key::Wrong), other.restore(published, Key::Right),
                                 method.restore(published, Key::None)}) {
        CHECK(same_outside(guess, clear, face));
        CHECK(psnr_inside(clear, guess, face) < blocks + 0.5);
      }
    }
  }
}

TEST_CASE("keyed method: without the key a cell's centre is what is left of each block") {
  const Image clear = smooth_picture(96, 80);
  const MosaicBox face = kPlaces[0];
  const KeyedMethod method(ResidualCode::Companded, 4);
  const Image hidden = method.hide({&clear, face});
  const Image left = method.restore({&hidden, face}, Key::None);
  CHECK(residual_entropy({&left, face}) == 0);
  CHECK(residual_entropy({&hidden, face}) > 3 * 3.5);  // three times log2(15) is 11.7
  const Lattice lattice(7);
  const Image blocks = blocks_of(clear, face, 4);
  for (int y = face.y; y < face.y + face.height; ++y)
    for (int x = face.x; x < face.x + face.width; ++x)
      for (int c = 0; c < 3; ++c)
        CHECK(left.at(x, y)[c] == lattice.centre(lattice.cell_for(blocks.at(x, y)[c])));
}

TEST_CASE("keyed method: a picture that was changed") {
  const Image clear = smooth_picture(96, 80);
  const MosaicBox face = kPlaces[0];
  const auto changed = [&](const KeyedMethod& method) {
    Image hidden = method.hide({&clear, face});
    std::uint8_t& level = hidden.at(face.x + 40, face.y + 40)[1];
    level = static_cast<std::uint8_t>(level > 128 ? level - 100 : level + 100);
    return hidden;
  };
  const KeyedMethod exact(ResidualCode::Exact, 4), companded(ResidualCode::Companded, 4);
  const Image of_exact = changed(exact), of_companded = changed(companded);
  CHECK(exact.restore({&of_exact, face}, Key::Right) == of_exact);
  CHECK(exact.restore({&of_exact, face}, Key::None) == of_exact);
  CHECK(psnr_inside(clear, companded.restore({&of_companded, face}, Key::Right), face) > 25);
}

TEST_CASE("keyed method: faces that it does not take, and blocks that there are none of") {
  const Image clear = smooth_picture(96, 80);
  const KeyedMethod method(ResidualCode::Exact, 4);
  CHECK_THROWS_WITH_AS(method.hide({&clear, {10, 10, 40, 12, 3}}), doctest::Contains("16 a side"),
                       std::invalid_argument);
  const MosaicBox outside{200, 10, 40, 40, 10};
  CHECK(method.hide({&clear, outside}) == clear);
  CHECK(method.restore({&clear, outside}, Key::Wrong) == clear);
  CHECK(method.restore({&clear, outside}, Key::None) == clear);
  CHECK_THROWS_AS(KeyedMethod(ResidualCode::Exact, 0), std::invalid_argument);
}

TEST_CASE("keyed method, and one way: found by their names") {
  const Image clear = smooth_picture(96, 80);
  const MosaicBox face = kPlaces[1];
  for (const char* name : {"keyed-6", "keyed-companded-6"}) {
    const auto method = make_baseline(engine(), name);
    REQUIRE(method->keyed());
    CHECK(method->visible_blocks() == 6);
    const Image hidden = method->hide({&clear, face});
    CHECK((method->restore({&hidden, face}) == clear) == (std::string(name) == "keyed-6"));
  }
  Image one_way = clear;
  pixelate(one_way, {face_box({&clear, face})}, 4, Cover::Blocks);
  const auto mosaic = make_baseline(engine(), "mosaic-4");
  CHECK(mosaic->visible_blocks() == 4);
  CHECK(mosaic->hide({&clear, face}) == one_way);
}

TEST_CASE("keyed method under attack: nobody gets past what its blocks give away") {
  Engine engine;
  for (const ResidualCode code : {ResidualCode::Exact, ResidualCode::Companded}) {
    const KeyedMethod method(code, 4);
    AttackPlan plan{.victim = {&method, {}},
                    .families = {"nothing", "visible", "query", "stolen", "wrong-key"},
                    .opinions = {},
                    .steps = 20,
                    .queries = {20},
                    .blocks = 4,
                    .by_blocks = {}};
    AttackStudy study(engine, wavy_people(8, 1), wavy_people(20, 100), plan);
    const AttackFindings findings = study.run([](std::int64_t, const std::string&) {});
    CHECK(verdict_of(findings).broken_by.empty());
    CHECK(findings.attackers.size() == 8);
    REQUIRE(findings.restored);
    CHECK(findings.restored->psnr_face->mean > verdict_of(findings).floor_psnr_face->mean + 8);
    CHECK(std::abs(findings.channel.regressor_bits->mean) < 0.3);
  }
}
