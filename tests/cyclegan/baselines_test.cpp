// The methods without networks: what they write, and what comes back through a file.
#include <doctest/doctest.h>

#include <cmath>
#include <set>
#include <string>

#include "cyclegan/baselines/baselines.h"
#include "cyclegan/baselines/table3.h"
#include "io/image.h"
#include "tests/cyclegan/anonymizer_pictures.h"
#include "tests/cyclegan/baseline_pictures.h"

using namespace bauta;
using namespace bauta::test;

namespace {

Image hidden_by(const std::string& name, const Image& clear, const MosaicBox& face) {
  return make_baseline(engine(), name)->hide({&clear, face});
}

const std::vector<std::string> kNames{"mask",      "blur",       "blur-30",      "mosaic-8",
                                      "mosaic-20", "relocation", "relocation-8", "compressive"};

}  // namespace

TEST_CASE("baselines: outside the face box nothing changes, inside it does") {
  const Image clear = smooth_picture(96, 80);
  for (const std::string& name : kNames)
    for (const MosaicBox& face : kFaces) {
      CAPTURE(name);
      CAPTURE(face.x);
      CAPTURE(face.width);
      const Image hidden = hidden_by(name, clear, face);
      CHECK(same_outside(hidden, clear, face));
      CHECK(hidden != clear);
      if (face.height >= 20) CHECK(mean_change_inside(hidden, clear, face) > 1);
    }
}

TEST_CASE("baselines: a box without a pixel of the picture changes nothing") {
  const Image clear = smooth_picture(64, 48);
  for (const std::string& name : kNames)
    for (const MosaicBox& face : {MosaicBox{70, 10, 20, 20, 2}, MosaicBox{10, 10, 0, 0, 1}}) {
      CAPTURE(name);
      CHECK(hidden_by(name, clear, face) == clear);
    }
}

TEST_CASE("baselines: which of them can be undone, and which need a key") {
  for (const std::string& name : kNames) {
    const auto method = make_baseline(engine(), name);
    const bool comes_back = name.starts_with("relocation") || name == "compressive";
    CAPTURE(name);
    CHECK(method->reversible() == comes_back);
    CHECK(method->keyed() == comes_back);
    const Image picture = smooth_picture(16, 16);
    if (!comes_back) CHECK_THROWS_AS(method->restore({&picture, {0, 0, 16, 16, 2}}), std::logic_error);
  }
}

TEST_CASE("baselines: relocated pixels come back to the last byte with the key, and not with another") {
  const Image clear = smooth_picture(96, 80);
  for (const std::string name : {"relocation", "relocation-4", "relocation-8", "relocation-50"})
    for (const MosaicBox& face : kFaces) {
      CAPTURE(name);
      CAPTURE(face.x);
      const auto method = make_baseline(engine(), name);
      const Image published = through_png(method->hide({&clear, face}));
      CHECK(method->restore({&published, face}) == clear);
      const Image wrong = method->restore({&published, face}, Key::Wrong);
      CHECK(same_outside(wrong, clear, face));
      CHECK(psnr_inside(wrong, clear, face) < 20);
    }
}

TEST_CASE("baselines: relocation keeps the face's colours and moves them all over it") {
  const Image clear = smooth_picture(96, 80);
  const MosaicBox face{16, 8, 64, 64, 4};
  for (const std::string name : {"relocation", "relocation-8"}) {
    const Image hidden = hidden_by(name, clear, face);
    CHECK(colours_inside(hidden, face) == colours_inside(clear, face));
  }
  // Squares stay whole: the pixels of one that was moved lie beside each other still.
  const Image hidden = hidden_by("relocation-8", clear, face);
  std::multiset<std::string> before, after;
  for (int y = face.y; y < face.y + face.height; y += 8)
    for (int x = face.x; x < face.x + face.width; x += 8) {
      before.insert(colours_of(clear, {x, y, 8, 8}));
      after.insert(colours_of(hidden, {x, y, 8, 8}));
    }
  CHECK(before == after);
}

TEST_CASE("baselines: measured faces come back nearly with the key, and not with another") {
  const Image clear = smooth_picture(96, 80);
  const auto method = make_baseline(engine(), "compressive");
  for (const MosaicBox& face : kFaces) {
    CAPTURE(face.x);
    CAPTURE(face.width);
    const Image published = through_png(method->hide({&clear, face}));
    CHECK(psnr_inside(published, clear, face) < 15);
    const Image back = method->restore({&published, face});
    CHECK(same_outside(back, clear, face));
    // Where a part has few pixels, half of its numbers say little.
    CHECK(psnr_inside(back, clear, face) > (std::min(face.width, face.height) >= 20 ? 40 : 15));
    CHECK(psnr_inside(method->restore({&published, face}, Key::Wrong), clear, face) < 18);
  }
}

TEST_CASE("baselines: a blur is a Gaussian of the face's size, and takes in what lies around") {
  // A white line: its picture is the Gaussian itself, whose deviation is to be 60 / 10.
  Image line = blank_image(121, 121);
  for (int y = 0; y < 121; ++y)
    for (int c = 0; c < 3; ++c) line.at(60, y)[c] = 255;
  const MosaicBox face{20, 30, 80, 60, 3};
  const Image hidden = hidden_by("blur", line, face);
  const double peak = 255 / (6 * std::sqrt(2 * std::numbers::pi));
  CHECK(std::abs(hidden.at(60, 60)[0] - peak) <= 1);
  CHECK(std::abs(hidden.at(66, 60)[1] - peak * std::exp(-0.5)) <= 1);
  CHECK(std::abs(hidden.at(48, 60)[2] - peak * std::exp(-2)) <= 1);
  CHECK(hidden.at(60, 30)[0] == hidden.at(60, 60)[0]);  // no dark rim
  // Half the size, half as wide.
  const double narrow = 255 / (3 * std::sqrt(2 * std::numbers::pi));
  CHECK(std::abs(hidden_by("blur-20", line, face).at(60, 60)[0] - narrow) <= 1);
}

TEST_CASE("baselines: a mosaic has the blocks that its name says, of 2 pixels at least") {
  const Image clear = smooth_picture(96, 80);
  const MosaicBox face{10, 6, 70, 64, 1};
  CHECK(hidden_by("mosaic-8", clear, face) == mosaic(clear, {10, 6, 70, 64}, 8));
  CHECK(hidden_by("mosaic-20", clear, face) == mosaic(clear, {10, 6, 70, 64}, 3));
  CHECK(hidden_by("mosaic-900", clear, face) == mosaic(clear, {10, 6, 70, 64}, 2));
}

TEST_CASE("baselines: each listed name can be made, others are refused with the list") {
  for (const BaselineKind& kind : baseline_kinds()) {
    std::string name = kind.name;
    if (name.find(':') != name.npos) continue;  // from a file
    if (const auto place = name.find("-N"); place != name.npos) name.replace(place, 2, "-12");
    CAPTURE(name);
    CHECK(make_baseline(engine(), name) != nullptr);
    CHECK(std::string(kind.what).size() > 10);
  }
  for (const std::string name : {"", "masks", "mosaic", "mosaic-", "mosaic-0", "mosaic--3", "mosaic-8x",
                                 "mosaic-99999999999", "blur-", "relocation-0"}) {
    CAPTURE(name);
    CHECK_THROWS_WITH_AS(make_baseline(engine(), name), doctest::Contains("relocation-N, compressive"),
                         std::invalid_argument);
  }
}

TEST_CASE("table 3: nine methods and the paper's, as section 5.4 tells them apart") {
  int expected = 23;
  for (const ComparedMethod& method : table3()) {
    const int reference = method.reference;
    CAPTURE(reference);
    CHECK(reference == (expected > 31 ? 0 : expected));
    ++expected;
    const bool own = reference == 0;
    CHECK((method.reversible == Said::Yes) == (own || reference >= 27));
    CHECK((method.deep_learning == Said::No) == (reference == 27 || reference == 28));
    CHECK((method.strategy == AnonymityStrategy::Global) == own);
    CHECK((method.strategy == AnonymityStrategy::Partial) == (reference >= 29));
  }
  CHECK(expected == 33);
}
