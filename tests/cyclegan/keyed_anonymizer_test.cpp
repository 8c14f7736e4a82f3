#include "cyclegan/keyed/keyed_anonymizer.h"

#include <doctest/doctest.h>

#include <cmath>

#include "cyclegan/keyed/region_search.h"
#include "tests/cyclegan/keyed_pictures.h"
#include "tests/io/test_image.h"

using namespace bauta;
using namespace bauta::test;

namespace {

std::vector<KeyedRegion> regions_of(const std::vector<HiddenFace>& faces) {
  std::vector<KeyedRegion> regions;
  for (const HiddenFace& face : faces) regions.push_back(face.region);
  return regions;
}

void check_restores(Image hidden, const std::vector<KeyedRegion>& regions, const Image& original,
                    const SecretKey& key) {
  for (const KeyedRegion& region : regions)
    CHECK(restore_region(hidden, region, keys_from(key)).state == RegionState::Intact);
  CHECK(hidden == original);
}

}  // namespace

TEST_CASE("keyed faces come back bit for bit: several, at the border, overlapping, tiny, in grey") {
  const SecretKey key = test_key();
  Image original = smooth_picture(211, 173);
  for (int y = 0; y < 173; ++y)
    for (int x = 0; x < 40; ++x) std::fill_n(original.at(x, y), 3, original.at(x, y)[0]);
  struct Case {
    std::vector<Box> faces;
    std::size_t regions;
  };
  for (const Case& example :
       {Case{{{50, 40, 60, 66}}, 1}, Case{{{-20, -10, 60, 60}, {190, 150, 80, 80}}, 2},
        Case{{{50, 40, 60, 60}, {100, 90, 50, 50}, {140, 10, 30, 30}}, 2},
        Case{{{10, 10, 40, 40}, {90, 10, 40, 40}, {30, 20, 70, 20}}, 1}, Case{{{100, 100, 1, 1}}, 1},
        Case{{{0, 0, 211, 173}}, 1}, Case{{{2, 60, 35, 40}}, 1}, Case{{{300, 10, 20, 20}}, 0}}) {
    for (const Cover cover : {Cover::Blocks, Cover::Fill}) {
      Image hidden = original;
      const auto faces = hide_faces(hidden, example.faces, {.cover = cover}, key);
      REQUIRE(faces.size() == example.regions);
      Image outside = hidden;
      for (const HiddenFace& face : faces) {
        CHECK(face.code == ResidualCode::Exact);
        CHECK(region_of(hidden, face.region.box) != region_of(original, face.region.box));
        paste(outside, region_of(original, face.region.box), face.region.box.x, face.region.box.y);
      }
      CHECK(outside == original);
      check_restores(hidden, regions_of(faces), original, key);
    }
  }
}

TEST_CASE("a tiny face that is all detail takes in what is around it, and comes back bit for bit") {
  const SecretKey key = test_key();
  for (const Box& face : {Box{60, 50, 17, 17}, Box{-3, 100, 20, 22}, Box{194, 156, 17, 17}}) {
    Image original = smooth_picture(211, 173);
    const Box inside = intersection(face, {0, 0, 211, 173});
    paste(original, test_image(inside.width, inside.height), inside.x, inside.y);
    Image hidden = original;
    const auto faces = hide_faces(hidden, {face}, {}, key);
    REQUIRE(faces.size() == 1);
    CHECK(faces[0].code == ResidualCode::Exact);
    CHECK(intersection(faces[0].region.box, inside) == inside);
    check_restores(hidden, regions_of(faces), original, key);
  }
}

TEST_CASE("the visible part is the blocks' cells, or one grey that no picture changes") {
  const SecretKey key = test_key();
  const Image original = smooth_picture(120, 120);
  const Box face{20, 20, 80, 80};
  Image hidden = original;
  const auto faces = hide_faces(hidden, {face}, {.blocks = 4}, key);
  REQUIRE(faces.size() == 1);
  CHECK(faces[0].region.block == 20);
  const Lattice lattice(faces[0].region.k);
  CHECK(lies_in_cells(region_of(hidden, face), block_cells(region_of(original, face), 20, lattice), lattice));
  hidden = original;
  const auto filled = hide_faces(hidden, {face}, {.cover = Cover::Fill}, key);
  const Image shown = region_of(hidden, face);
  CHECK(lies_in_cells(shown, fill_cells(shown, Lattice(filled[0].region.k)), Lattice(filled[0].region.k)));
}

TEST_CASE("k grows with what a face needs, and what does not fit is companded") {
  const SecretKey key = test_key();
  Image noisy = smooth_picture(100, 100);
  const Image noise = test_image(100, 100);
  for (std::size_t i = 0; i < noisy.pixels.size(); ++i)
    noisy.pixels[i] = static_cast<std::uint8_t>(noisy.pixels[i] / 2 + noise.pixels[i] / 8);
  const std::vector<Box> face{{10, 10, 80, 80}};
  Image smooth = smooth_picture(100, 100);
  CHECK(hide_faces(smooth, face, {}, key)[0].region.k == 7);
  Image hidden = noisy;
  const auto larger = hide_faces(hidden, face, {}, key);
  CHECK(larger[0].region.k > 7);
  CHECK(larger[0].code == ResidualCode::Exact);
  hidden = noisy;
  const auto fixed = hide_faces(hidden, face, {.residual_levels = 7}, key);
  CHECK(fixed[0].region.k == 7);
  CHECK(fixed[0].code == ResidualCode::Companded);
  hidden = noise;
  const auto white = hide_faces(hidden, face, {}, key);
  CHECK(white[0].region.k == 31);
  CHECK(white[0].code == ResidualCode::Companded);
  Image tiny = smooth_picture(5, 5);
  CHECK_THROWS_AS(hide_faces(tiny, {{0, 0, 5, 5}}, {}, key), std::invalid_argument);
  CHECK(tiny == smooth_picture(5, 5));
}

TEST_CASE("recipients restore with their own keys, and nobody else does") {
  const SecretKey key = test_key();
  const PrivateKey alice = PrivateKey::generate(), bob = PrivateKey::generate(), eve = PrivateKey::generate();
  const Image original = smooth_picture(150, 100);
  Image hidden = original;
  const auto faces = hide_faces(hidden, {{10, 10, 50, 50}, {80, 20, 60, 60}}, {}, key,
                                {alice.public_key(), bob.public_key()});
  for (const PrivateKey* reader : {&alice, &bob}) {
    Image shown = hidden;
    for (const KeyedRegion& region : regions_of(faces))
      CHECK(restore_region(shown, region, keys_from(*reader, region)).state == RegionState::Intact);
    CHECK(shown == original);
  }
  for (const KeyedRegion& region : regions_of(faces)) {
    Image shown = hidden;
    CHECK(restore_region(shown, region, keys_from(eve, region), true).state == RegionState::Unreadable);
    CHECK(shown == hidden);
  }
  check_restores(hidden, regions_of(faces), original, key);
}

TEST_CASE("under a passphrase: each picture with a salt of its own, found in the pixels, tried a few times") {
  const auto passphrase = [](const std::string& text) {
    return Passphrase{SecretBytes(std::as_bytes(std::span(text)))};
  };
  const Passphrase right = passphrase("correct horse"), wrong = passphrase("correct house");
  const Image original = smooth_picture(200, 120);
  Image hidden = original, again = original;
  const auto faces = hide_faces(hidden, {{13, 17, 61, 70}, {110, 20, 80, 90}}, {}, right);
  const auto other = hide_faces(again, {{13, 17, 61, 70}}, {}, right);
  const auto salts = [](const Image& picture, const std::vector<HiddenFace>& of) {
    std::vector<PassphraseSalt> seen;
    for (const HiddenFace& face : of)
      open_region(region_of(picture, face.region.box), 1, Lattice(face.region.k),
                  [&seen](const RegionNonce& nonce) -> std::optional<SecretKey> {
                    seen.push_back(nonce.salt);
                    return {};
                  });
    return seen;
  };
  const auto first = salts(hidden, faces);
  REQUIRE(first.size() == 2);
  CHECK(first[0] == first[1]);
  CHECK(salts(again, other)[0] != first[0]);

  Image shown = hidden;
  const RegionKeys keys = keys_from(right);
  for (const KeyedRegion& region : regions_of(faces))
    CHECK(restore_region(shown, region, keys).state == RegionState::Intact);
  CHECK(shown == original);
  CHECK(find_keyed_regions(hidden, right) == regions_of(faces));
  CHECK(restore_region(hidden, faces[0].region, keys_from(wrong)).state == RegionState::Unreadable);

  const RegionKeys few = keys_from(right);
  RegionNonce nonce{};
  for (int salt = 0; salt < kMostSaltsToTry; ++salt) {
    nonce.salt[0] = static_cast<std::byte>(salt);
    CHECK(few(nonce).has_value());
  }
  nonce.salt[0] = std::byte{255};
  CHECK_FALSE(few(nonce).has_value());
  nonce.salt[0] = std::byte{0};
  CHECK(few(nonce).has_value());
}

TEST_CASE("a region is found again behind a smooth background's noise") {
  const SecretKey key = test_key();
  Image photo = blank_image(900, 500);
  const RandomStream noise{5, 0};
  for (std::size_t i = 0; i < photo.pixels.size(); ++i) {  // about 112, the middle of a cell, deviation 3
    double sum = 0;
    for (std::uint64_t j = 0; j < 12; ++j) sum += noise.uniform(i * 12 + j);
    photo.pixels[i] = static_cast<std::uint8_t>(std::lround(112 + 3 * (sum - 6)));
  }
  const Image original = photo;
  const auto faces = hide_faces(photo, {{500, 300, 200, 180}}, {}, key);
  const auto found = find_keyed_regions(photo, key);
  CHECK(found == regions_of(faces));
  check_restores(photo, found, original, key);
}

TEST_CASE("regions are found again without a record, also in a cut picture, under their own key alone") {
  const SecretKey key = test_key();
  const Image original = smooth_picture(260, 200);
  for (const int k : {0, 3, 15}) {
    CAPTURE(k);
    Image hidden = original;
    const auto faces = hide_faces(
        hidden, {{13, 17, 61, 70}, {120, 30, 100, 90}, {20, 120, 24, 26}},
        {.code = k == 0 ? ResidualCode::Exact : ResidualCode::Companded, .residual_levels = k}, key);
    const auto found = find_keyed_regions(hidden, key);
    CHECK(found.size() == 3);
    auto expected = regions_of(faces);
    std::ranges::sort(expected, {}, [](const KeyedRegion& region) { return region.box.y; });
    CHECK(found == expected);
    if (k == 0) check_restores(hidden, found, original, key);
    const Image cut = crop(hidden, 110, 25, 130, 120);
    const auto in_cut = find_keyed_regions(cut, key);
    REQUIRE(in_cut.size() == 1);
    CHECK(in_cut[0].box == Box{10, 5, 100, 90});
    CHECK(find_keyed_regions(crop(hidden, 121, 25, 130, 120), key).empty());
  }
  Image hidden = original;
  hide_faces(hidden, {{13, 17, 61, 70}}, {}, key);
  CHECK(find_keyed_regions(hidden, test_key(2)).empty());
  CHECK(find_keyed_regions(original, key).empty());
  CHECK(find_keyed_regions(test_image(3, 3), key).empty());
}

TEST_CASE(
    "regions that were changed, or cut off at the edge, are found without a record as long as they begin") {
  const SecretKey key = test_key();
  for (const ResidualCode code : {ResidualCode::Exact, ResidualCode::Companded}) {
    Image hidden = smooth_picture(260, 200);
    const auto faces =
        hide_faces(hidden, {{13, 17, 61, 70}, {120, 30, 100, 90}, {20, 120, 24, 26}}, {.code = code}, key);
    const std::vector<KeyedRegion> regions = regions_of(faces);
    Image changed = hidden;
    changed.at(60, 70)[1] ^= 1;
    const FoundRegions found = search_keyed_regions(changed, key);
    CHECK(found.damaged == std::vector{regions[0]});
    CHECK(found.whole == std::vector{regions[1], regions[2]});
    CHECK(find_keyed_regions(changed, key) == found.whole);

    const FoundRegions in_cut = search_keyed_regions(crop(hidden, 0, 0, 180, 140), key);
    CHECK(in_cut.whole == std::vector{regions[0]});
    CHECK(in_cut.damaged == std::vector{regions[1], regions[2]});
    CHECK(search_keyed_regions(hidden, test_key(2)).damaged.empty());

    Image begun = hidden;  // where a face begins: what lies in it is grain like any other
    begun.at(20, 120)[0] ^= 1;
    const FoundRegions left = search_keyed_regions(begun, key);
    CHECK(left.whole == std::vector{regions[0], regions[1]});
    CHECK(left.damaged.empty());
  }
  CHECK(search_keyed_regions(smooth_picture(260, 200), key).damaged.empty());
}
