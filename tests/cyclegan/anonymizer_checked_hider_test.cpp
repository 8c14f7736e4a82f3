#include "cyclegan/anonymizer/checked_hider.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

#include "cyclegan/anonymizer/restoring.h"
#include "tests/cyclegan/anonymizer_pictures.h"

using namespace bauta;
using test::smooth_picture;

namespace {

const std::vector<Box> kFaces{{20, 20, 90, 90}, {140, 130, 64, 64}};

const OpenedNetwork& default_network() {
  static const OpenedNetwork G(std::make_unique<Engine>(*available_backends().front(), 1),
                               std::filesystem::path(BAUTA_SOURCE_DIR) / "models/face-128/deid.safetensors",
                               GeneratorRole::DeId);
  return G;
}

HideUnderKey under(const SecretKey& key) { return HideUnderKey{SecretKey::from_bytes(key.bytes())}; }

std::optional<double> knows_everybody(const Image&, const Image&, const Box&) { return 0.9; }
std::optional<double> knows_nobody(const Image&, const Image&, const Box&) { return 0.1; }

using Steps = std::vector<std::pair<std::size_t, std::size_t>>;

Steps steps_of(const CheckedHider& hide, const std::vector<Box>& faces = kFaces) {
  Steps steps;
  Image photo = smooth_picture(256, 256);
  hide(photo, faces, [&steps](std::size_t done, std::size_t of) { steps.emplace_back(done, of); });
  return steps;
}

}  // namespace

TEST_CASE("checked hider: each way does what hiding.h does, and says which mode it is") {
  const Image clear = smooth_picture(256, 256);
  Image photo = clear, expected = clear;
  const CheckedHider one_way(HideForGood(), 0, Cover::Blocks, {});
  CHECK(one_way.mode() == AnonymizationMode::OneWay);
  CHECK(one_way(photo, kFaces).hidden.record ==
        hide_one_way(expected, kFaces, kUsualCoverBlocks, Cover::Blocks));
  CHECK(photo == expected);
  CHECK(one_way.visible_blocks() == kUsualCoverBlocks);
  CHECK_FALSE(CheckedHider(HideForGood(), 0, Cover::Fill, {}).visible_blocks());

  photo = expected = clear;
  const CheckedHider open(HideByNetwork{default_network()}, 0, Cover::Blocks, {});
  CHECK(open.mode() == AnonymizationMode::Open);
  CHECK(open(photo, kFaces).hidden.record == OpenHider(default_network(), 0)(expected, kFaces));
  CHECK(photo == expected);
  CHECK(open.blocks() == default_network().network.facts.mosaic_blocks);
  CHECK(CheckedHider(HideByNetwork{default_network()}, 6, Cover::Blocks, {}).blocks() == 6);

  photo = clear;
  const SecretKey key = SecretKey::generate();
  const CheckedHider keyed(under(key), 5, Cover::Blocks, {});
  CHECK(keyed.mode() == AnonymizationMode::Keyed);
  const CheckedPicture closed = keyed(photo, kFaces);
  CHECK(closed.hidden.record.keyed_regions[0].block == 18);
  CHECK(photo != clear);
  restore_keyed("picture", photo, closed.hidden.record, SecretKey::from_bytes(key.bytes()), false);
  CHECK(photo == clear);
}

TEST_CASE("checked hider: blocks are asked for by their number, or by naming a network that was taught one") {
  const auto keeps = [](HidingWay way, int blocks) {
    Image photo = smooth_picture(256, 256);
    const CheckedHider hide(
        std::move(way), blocks, Cover::Blocks, [](const Image&, const Image& written, const Box& face) {
          // Recognized unless one colour covers it.
          const Image here = crop(written, face);
          const int side = std::max(face.width, face.height);
          return std::optional(mosaic(here, {0, 0, face.width, face.height}, side) == here ? 0.1 : 0.9);
        });
    const CheckedPicture picture = hide(photo, kFaces);
    return picture.faces[0].fallback == Fallback::None;
  };
  CHECK_FALSE(keeps(HideForGood(), 0));
  CHECK(keeps(HideForGood(), 4));
  CHECK_FALSE(keeps(HideByNetwork{default_network()}, 0));
  CHECK(keeps(HideByNetwork{default_network(), 0, true}, 0));
  CHECK(keeps(HideByNetwork{default_network()}, 10));
}

TEST_CASE("checked hider: nothing is handed out of whom it knows whatever is done") {
  const Image clear = smooth_picture(256, 256);
  const SecretKey key = SecretKey::generate();
  for (int which = 0; which < 3; ++which) {
    Image photo = clear;
    HidingWay way = HideForGood();
    if (which == 1) way.emplace<HideByNetwork>(default_network());
    if (which == 2) way = under(key);
    const CheckedHider hide(std::move(way), 0, Cover::Blocks, knows_everybody);
    CHECK_THROWS_AS(hide(photo, kFaces), NotHidden);
    CHECK(photo == clear);
  }
}

TEST_CASE("checked hider: progress is told of faces hidden, and of those that a recognizer is shown") {
  const Steps unchecked{{0, 2}, {1, 2}, {2, 2}}, checked{{0, 2}, {1, 2}, {2, 2}, {2, 2}, {2, 2}};
  const SecretKey key = SecretKey::generate();
  CHECK(steps_of(CheckedHider(HideByNetwork{default_network()}, 0, Cover::Blocks, {})) == unchecked);
  CHECK(steps_of(CheckedHider(HideByNetwork{default_network()}, 0, Cover::Blocks, knows_nobody)) == checked);
  CHECK(steps_of(CheckedHider(under(key), 0, Cover::Blocks, {})) == unchecked);
  CHECK(steps_of(CheckedHider(under(key), 0, Cover::Blocks, knows_nobody)) == checked);
  CHECK(steps_of(CheckedHider(HideForGood(), 0, Cover::Blocks, knows_nobody)) ==
        Steps{{0, 2}, {2, 2}, {2, 2}, {2, 2}});
  // Overlapping faces are one keyed region.
  CHECK(steps_of(CheckedHider(under(key), 0, Cover::Blocks, knows_nobody),
                 {{20, 20, 60, 60}, {50, 50, 60, 60}}) == Steps{{0, 1}, {1, 1}, {1, 1}});
}

TEST_CASE("checked hider: what progress throws ends the work at any step, and the photograph is as it was") {
  struct Enough {};
  const Image clear = smooth_picture(256, 256);
  const SecretKey key = SecretKey::generate();
  for (const bool keyed : {false, true}) {
    for (int last = 0; last < 5; ++last) {
      Image photo = clear;
      int steps = 0;
      HidingWay way = under(key);
      if (!keyed) way.emplace<HideByNetwork>(default_network());
      const CheckedHider hide(std::move(way), 0, Cover::Blocks, knows_nobody);
      const auto stop = [&](std::size_t, std::size_t) {
        if (steps++ == last) throw Enough();
      };
      CHECK_THROWS_AS(hide(photo, kFaces, stop), Enough);
      CHECK(photo == clear);
    }
  }
}

TEST_CASE("checked hider: a keyed face that has no room is refused") {
  const Image clear = smooth_picture(3, 2);
  Image photo = clear;
  const SecretKey key = SecretKey::generate();
  CHECK_THROWS_AS(CheckedHider(under(key), 0, Cover::Blocks, {})(photo, {{0, 0, 3, 2}}),
                  std::invalid_argument);
  CHECK(photo == clear);
}
