#include "cyclegan/anonymizer/checked_hiding.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <iostream>

#include "cyclegan/anonymizer/anonymizer.h"
#include "cyclegan/faces/face_search.h"
#include "tests/cyclegan/anonymizer_pictures.h"

using namespace bauta;
using test::smooth_picture;

namespace {

const Box kFace{20, 16, 90, 96};

KeyedPicture record_of(const Image& photo, AnonymizationMode mode, std::vector<Region> regions) {
  KeyedPicture picture;
  picture.record.mode = mode;
  picture.record.picture = {photo.width, photo.height};
  picture.record.network_size = 128;
  picture.record.regions = std::move(regions);
  return picture;
}

bool has_one_colour_a_block(const Image& photo, const Box& face, int block) {
  return mosaic(photo, face, block) == photo;
}

}  // namespace

TEST_CASE("checked hiding: mosaics and keyed faces pass as they are, overlapping ones too") {
  const Image clear = smooth_picture(200, 180);
  const std::vector<Box> faces{{10, 10, 90, 90}, {70, 60, 80, 85}, {150, 10, 60, 60}};
  for (const Cover cover : {Cover::Blocks, Cover::Fill}) {
    Image photo = clear;
    const auto one_way = [&](Image& picture, int blocks) -> KeyedPicture {
      return {hide_one_way(picture, faces, blocks, cover), {}};
    };
    const CheckedPicture hidden = hide_checked(photo, one_way, 5, cover, nullptr);
    REQUIRE(hidden.faces.size() == 3);
    for (const CheckedFace& face : hidden.faces) {
      CHECK(face.fallback == Fallback::None);
      CHECK_FALSE(face.likeness);
    }
    Image unchecked = clear;
    hide_one_way(unchecked, faces, 5, cover);
    CHECK(photo == unchecked);

    KeyedOptions options;
    options.cover = cover;
    const SecretKey key = SecretKey::generate();
    photo = clear;
    const auto keyed = [&](Image& picture, int blocks) {
      options.blocks = blocks;
      return hide_keyed(picture, faces, options, SecretKey::from_bytes(key.bytes()), {});
    };
    const CheckedPicture closed = hide_checked(photo, keyed, 4, cover, nullptr);
    CHECK(closed.faces.size() == closed.hidden.record.keyed_regions.size());
    for (const CheckedFace& face : closed.faces) CHECK(face.fallback == Fallback::None);
  }
}

TEST_CASE("checked hiding: what was said to be a mosaic and is none becomes one") {
  const Image clear = smooth_picture(128, 128);
  Image photo = clear;
  const auto nothing = [&](Image& picture, int) {
    return record_of(picture, AnonymizationMode::OneWay, {{kFace, 1, kFace, 9, false}});
  };
  const CheckedPicture hidden = hide_checked(photo, nothing, 10, Cover::Blocks, nullptr);
  REQUIRE(hidden.faces.size() == 1);
  CHECK(hidden.faces[0].fallback == Fallback::Coarser);
  CHECK(hidden.faces[0].block == 18);
  CHECK(hidden.hidden.record.regions[0].block == 18);
  CHECK(has_one_colour_a_block(photo, kFace, 18));
  CHECK(photo != clear);
}

TEST_CASE("checked hiding: an open face that is not hidden, and what lies over it, become plain mosaics") {
  const Image clear = smooth_picture(256, 256);
  const Region first = plan_region({256, 256}, {20, 20, 90, 90}, 128, 10);
  const Region second = plan_region({256, 256}, {80, 80, 90, 90}, 128, 10);
  const Region apart = plan_region({256, 256}, {190, 10, 50, 50}, 128, 10);
  Image photo = clear;
  // The first is left as it was, the others are hidden as a network hides them that writes mosaics.
  const auto network = [&](Image& picture, int) {
    for (const Region& region : {second, apart}) picture = mosaic(picture, region.face, region.block);
    return record_of(picture, AnonymizationMode::Open, {first, second, apart});
  };
  const CheckedPicture hidden = hide_checked(photo, network, 10, Cover::Blocks, nullptr);
  const auto& regions = hidden.hidden.record.regions;
  CHECK(hidden.faces[0].fallback == Fallback::Coarser);
  CHECK(hidden.faces[1].fallback == Fallback::PlainMosaic);
  CHECK(hidden.faces[2].fallback == Fallback::None);
  CHECK_FALSE(regions[0].restorable);
  CHECK_FALSE(regions[1].restorable);
  CHECK(regions[2].restorable);
  CHECK(regions[0].block % regions[0].k == 0);
  CHECK(has_one_colour_a_block(photo, regions[1].face, regions[1].block));
  CHECK(crop(photo, 25, 25, 40, 40) != crop(clear, 25, 25, 40, 40));
}

TEST_CASE("checked hiding: a keyed picture whose face is in other cells is hidden anew, or not at all") {
  const Image clear = smooth_picture(128, 128);
  const SecretKey key = SecretKey::generate();
  int calls = 0;
  const auto fails = [&](int times) {
    calls = 0;
    return [&, times](Image& picture, int blocks) {
      KeyedOptions options;
      options.blocks = blocks;
      KeyedPicture hidden = hide_keyed(picture, {kFace}, options, SecretKey::from_bytes(key.bytes()), {});
      if (++calls <= times) paste(picture, crop(clear, 40, 40, 20, 20), 40, 40);
      return hidden;
    };
  };
  Image photo = clear;
  const CheckedPicture hidden = hide_checked(photo, fails(2), 8, Cover::Blocks, nullptr);
  CHECK(calls == 3);
  CHECK(hidden.faces[0].fallback == Fallback::Coarser);
  CHECK(hidden.faces[0].block == 45);  // of 90 pixels, in 2 blocks
  Image refused = clear;
  CHECK_THROWS_AS(hide_checked(refused, fails(100), 8, Cover::Blocks, nullptr), NotHidden);
  CHECK(refused == clear);
}

TEST_CASE("checked hiding: who is recognized gets fewer blocks, unless just so many were asked for") {
  if (!IdentityCheck::is_available(std::filesystem::path(BAUTA_SOURCE_DIR) / "models")) {
    std::cout << "SKIP: YuNet or SFace is not here; run scripts/fetch_networks\n";
    return;
  }
  const std::filesystem::path models = std::filesystem::path(BAUTA_SOURCE_DIR) / "models";
  const Image clear = read_image(models / "face-128" / "demo.png");
  const IdentityCheck identity(nullptr, models);
  FaceSearchOptions search;
  search.models = models;
  const std::vector<FaceSearch::Face> found = FaceSearch(search)(clear);
  REQUIRE(!found.empty());
  const std::vector<Box> face{found.front().box};
  const auto in_blocks = [&face](Image& picture, int blocks) -> KeyedPicture {
    return {hide_one_way(picture, face, blocks, Cover::Blocks), {}};
  };
  constexpr int kMany = 30;

  Image photo = clear;
  const CheckedPicture usual = hide_checked(photo, in_blocks, kMany, Cover::Blocks, &identity);
  CHECK(usual.faces[0].fallback == Fallback::Coarser);
  CHECK_FALSE(usual.faces[0].is_recognized());

  photo = clear;
  const CheckedPicture asked =
      hide_checked(photo, in_blocks, kMany, Cover::Blocks, &identity, BlocksAre::AskedFor);
  CHECK(asked.faces[0].fallback == Fallback::None);
  CHECK(asked.faces[0].is_recognized());
  CHECK(asked.faces[0].block == mosaic_block(face[0], kMany));

  // A network that shows more than its blocks does not get away with it, and no coarser ones are needed.
  const Region region = plan_region({clear.width, clear.height}, face[0], 128, kMany);
  const auto network = [&](Image& picture, int) {
    const Image plain = mosaic(picture, region.face, region.block);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i)  // within what check_face allows
      picture.pixels[i] = static_cast<std::uint8_t>(
          plain.pixels[i] + std::clamp((picture.pixels[i] - plain.pixels[i]) / 4, -7, 7));
    return record_of(picture, AnonymizationMode::Open, {region});
  };
  photo = clear;
  const CheckedPicture open =
      hide_checked(photo, network, kMany, Cover::Blocks, &identity, BlocksAre::AskedFor);
  if (open.faces[0].fallback != Fallback::None) {
    CHECK(open.faces[0].fallback == Fallback::PlainMosaic);
    CHECK(open.faces[0].block == region.block);
    CHECK_FALSE(open.hidden.record.regions[0].restorable);
  }
}
