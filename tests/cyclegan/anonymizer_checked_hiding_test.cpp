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
    const CheckedPicture hidden = hide_checked(photo, one_way, 5, cover);
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
    const CheckedPicture closed = hide_checked(photo, keyed, 4, cover);
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
  const CheckedPicture hidden = hide_checked(photo, nothing, 10, Cover::Blocks);
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
  const CheckedPicture hidden = hide_checked(photo, network, 10, Cover::Blocks);
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
  const CheckedPicture hidden = hide_checked(photo, fails(2), 8, Cover::Blocks);
  CHECK(calls == 3);
  CHECK(hidden.faces[0].fallback == Fallback::Coarser);
  CHECK(hidden.faces[0].block == 45);  // of 90 pixels, in 2 blocks
  Image refused = clear;
  CHECK_THROWS_AS(hide_checked(refused, fails(100), 8, Cover::Blocks), NotHidden);
  CHECK(refused == clear);
}

// A recognizer that can be foretold: the face is as alike as it says, asked with the pixels in the box.
template <class Tell>
FaceLikeness recognizer(const Tell& tell) {
  return [tell](const Image& clear, const Image& written, const Box& face) -> std::optional<double> {
    return tell(crop(clear, face), crop(written, face));
  };
}

// Sees through blocks of fewer than `block` pixels.
FaceLikeness sees_through_less_than(int block) {
  return recognizer([block](const Image&, const Image& written) {
    const Box all{0, 0, written.width, written.height};
    return mosaic(written, all, block) == written ? 0.1 : 0.9;
  });
}

HidePhoto in_blocks(const std::vector<Box>& faces) {
  return [faces](Image& photo, int blocks) -> KeyedPicture {
    return {hide_one_way(photo, faces, blocks, Cover::Blocks), {}};
  };
}

TEST_CASE("checked hiding: who is recognized gets half as many blocks until nobody is") {
  const Image clear = smooth_picture(256, 256);
  const std::vector<Box> faces{{16, 16, 64, 64}, {128, 128, 64, 64}};
  Image photo = clear;
  // 16 blocks of 4 pixels, 8 of 8, 4 of 16: a mosaic of 8 pixels is one of 16 only where that was written.
  const CheckedPicture usual =
      hide_checked(photo, in_blocks(faces), 16, Cover::Blocks, sees_through_less_than(16));
  Image expected = clear;
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(usual.faces[i].fallback == Fallback::Coarser);
    CHECK(usual.faces[i].block == 16);
    CHECK(usual.hidden.record.regions[i].block == 16);
    CHECK(usual.faces[i].likeness == 0.1);
    expected = mosaic(mosaic(mosaic(expected, faces[i], 4), faces[i], 8), faces[i], 16);
  }
  CHECK(photo == expected);

  photo = clear;
  const CheckedPicture asked = hide_checked(photo, in_blocks(faces), 16, Cover::Blocks,
                                            sees_through_less_than(16), BlocksAre::AskedFor);
  for (const CheckedFace& face : asked.faces) {
    CHECK(face.fallback == Fallback::None);
    CHECK(face.is_recognized());
    CHECK(face.block == 4);
  }

  photo = clear;
  const auto nothing_there = [](const Image&, const Image&, const Box&) { return std::optional<double>(); };
  const CheckedPicture uncompared = hide_checked(photo, in_blocks(faces), 16, Cover::Blocks, nothing_there);
  for (const CheckedFace& face : uncompared.faces) {
    CHECK(face.fallback == Fallback::None);
    CHECK_FALSE(face.likeness);
  }
}

TEST_CASE("checked hiding: nothing is written where a face is recognized whatever is done") {
  const Image clear = smooth_picture(128, 128);
  const auto always = [](const Image&, const Image&, const Box&) { return std::optional(0.9); };
  const SecretKey key = SecretKey::generate();
  const auto keyed = [&key](Image& picture, int blocks) {
    KeyedOptions options;
    options.blocks = blocks;
    return hide_keyed(picture, {kFace}, options, SecretKey::from_bytes(key.bytes()), {});
  };
  for (const HidePhoto& hide : {in_blocks({kFace}), HidePhoto(keyed)}) {
    Image photo = clear;
    CHECK_THROWS_AS(hide_checked(photo, hide, 10, Cover::Blocks, always), NotHidden);
    CHECK(photo == clear);
  }
}

TEST_CASE("checked hiding: one grey is enough over a face that a recognizer is shown too little of") {
  const Image clear = smooth_picture(128, 128);
  const Box face{20, 16, 44, 40};
  const auto always = [](const Image&, const Image&, const Box&) { return std::optional(0.9); };
  const SecretKey key = SecretKey::generate();
  const auto keyed = [&](Image& picture, int blocks) {
    KeyedOptions options;
    options.blocks = blocks;
    return hide_keyed(picture, {face}, options, SecretKey::from_bytes(key.bytes()), {});
  };
  for (const HidePhoto& hide : {in_blocks({face}), HidePhoto(keyed)}) {
    Image photo = clear;
    const CheckedPicture picture = hide_checked(photo, hide, 4, Cover::Blocks, always);
    REQUIRE(picture.faces.size() == 1);
    CHECK(picture.faces[0].is_recognized());
    CHECK(picture.faces[0].fallback == Fallback::Coarser);
    CHECK(photo != clear);
  }
}

TEST_CASE("checked hiding: a keyed picture in which one is recognized is hidden anew, and comes back") {
  const Image clear = smooth_picture(256, 256);
  const std::vector<Box> faces{{10, 10, 64, 64}, {120, 120, 96, 96}};
  const SecretKey key = SecretKey::generate();
  const auto keyed = [&](Image& picture, int blocks) {
    KeyedOptions options;
    options.blocks = blocks;
    return hide_keyed(picture, faces, options, SecretKey::from_bytes(key.bytes()), {});
  };
  // Of the first alone: until there are no more than 2 blocks across it.
  int looks = 0;
  const FaceLikeness first_only = [&](const Image&, const Image&, const Box& face) {
    if (face == faces[0]) ++looks;
    return std::optional(face == faces[0] && looks < 3 ? 0.5 : 0.2);
  };
  Image photo = clear;
  const CheckedPicture hidden = hide_checked(photo, keyed, 8, Cover::Blocks, first_only);
  CHECK(looks == 3);
  CHECK(hidden.faces[0].block == 32);
  CHECK(hidden.faces[1].block == 48);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(hidden.faces[i].fallback == Fallback::Coarser);
    CHECK(hidden.faces[i].likeness == 0.2);
    const OpenedRegion opened = restore_region(photo, hidden.hidden.record.keyed_regions[i], keys_from(key));
    CHECK(opened.state == RegionState::Intact);
  }
  CHECK(photo == clear);
}

TEST_CASE("checked hiding: a network shows no more than the blocks that were asked for") {
  const Image clear = smooth_picture(256, 256);
  const Region region = plan_region({256, 256}, {60, 60, 90, 90}, 128, 10);
  const Box all{0, 0, region.face.width, region.face.height};
  const auto network = [&](Image& picture, int) {
    const Image plain = mosaic(picture, region.face, region.block);
    for (std::size_t i = 0; i < picture.pixels.size(); ++i)  // within what check_face allows
      picture.pixels[i] = static_cast<std::uint8_t>(
          plain.pixels[i] + std::clamp((picture.pixels[i] - plain.pixels[i]) / 8, -5, 5));
    return record_of(picture, AnonymizationMode::Open, {region});
  };
  // The network's face is as alike as given, the plain mosaic of its blocks 0.6, a coarser one hardly.
  const auto of_network = [&](double likeness) {
    return recognizer([=](const Image&, const Image& after) {
      if (mosaic(after, all, region.block) != after) return likeness;
      return mosaic(after, all, 2 * region.block) != after ? 0.6 : 0.1;
    });
  };
  Image written = clear;
  network(written, 10);
  REQUIRE(check_face(clear, written, region.face, region.block).face_hidden());

  Image photo = clear;
  const CheckedPicture more =
      hide_checked(photo, network, 10, Cover::Blocks, of_network(0.75), BlocksAre::AskedFor);
  CHECK(more.faces[0].fallback == Fallback::PlainMosaic);
  CHECK(more.faces[0].block == region.block);
  CHECK(more.faces[0].is_recognized());
  CHECK_FALSE(more.hidden.record.regions[0].restorable);
  CHECK(has_one_colour_a_block(photo, region.face, region.block));

  photo = clear;
  const CheckedPicture within =
      hide_checked(photo, network, 10, Cover::Blocks, of_network(0.65), BlocksAre::AskedFor);
  CHECK(within.faces[0].fallback == Fallback::None);
  CHECK(within.hidden.record.regions[0].restorable);
  CHECK(photo == written);

  photo = clear;
  const CheckedPicture usual = hide_checked(photo, network, 10, Cover::Blocks, of_network(0.65));
  CHECK(usual.faces[0].fallback == Fallback::Coarser);
  CHECK(usual.faces[0].block == 2 * region.block);
  CHECK_FALSE(usual.faces[0].is_recognized());
  CHECK_FALSE(usual.hidden.record.regions[0].restorable);
}

TEST_CASE("checked hiding: a face that was hidden is looked at again when another one is covered over it") {
  const Image clear = smooth_picture(256, 256);
  const Region first = plan_region({256, 256}, {20, 20, 90, 90}, 128, 10);
  const Region second = plan_region({256, 256}, {80, 80, 90, 90}, 128, 10);
  // The network hides the first well, and leaves the second as it was.
  const auto network = [&](Image& picture, int) {
    Image residual = crop(mosaic(picture, first.face, first.block), first.face);
    for (std::size_t i = 0; i < residual.pixels.size(); i += 2) ++residual.pixels[i];
    paste(picture, residual, first.face.x, first.face.y);
    paste(picture, crop(clear, second.face), second.face.x, second.face.y);
    return record_of(picture, AnonymizationMode::Open, {first, second});
  };
  // The first is recognized in a plain mosaic of its blocks, which it becomes when the second is covered.
  const FaceLikeness looks = [&](const Image&, const Image& written, const Box& face) {
    const auto has_one_colour = [&](int side) {
      const Image corner = crop(written, {face.x, face.y, side, side});
      return mosaic(corner, {0, 0, side, side}, side) == corner;
    };
    const bool knows = face == first.face && has_one_colour(first.block) && !has_one_colour(2 * first.block);
    return std::optional(knows ? 0.8 : 0.1);
  };
  Image photo = clear;
  const CheckedPicture hidden = hide_checked(photo, network, 10, Cover::Blocks, looks);
  CHECK(hidden.faces[0].fallback == Fallback::Coarser);
  CHECK(hidden.faces[0].block >= 2 * first.block);
  for (const CheckedFace& face : hidden.faces) CHECK_FALSE(face.is_recognized());
}

TEST_CASE("checked hiding: SFace recognizes through 30 blocks, and gets fewer unless they were asked for") {
  const std::filesystem::path models = std::filesystem::path(BAUTA_SOURCE_DIR) / "models";
  if (!IdentityCheck::is_available(models)) {
    std::cout << "SKIP: YuNet or SFace is not here; run scripts/fetch_networks\n";
    return;
  }
  const Image clear = read_image(models / "face-128" / "demo.png");
  const IdentityCheck identity(nullptr, models);
  FaceSearchOptions search;
  search.models = models;
  const std::vector<FaceSearch::Face> found = FaceSearch(search)(clear);
  REQUIRE(!found.empty());
  const std::vector<Box> face{found.front().box};
  constexpr int kMany = 30;

  Image photo = clear;
  const CheckedPicture usual =
      hide_checked(photo, in_blocks(face), kMany, Cover::Blocks, likeness_by(&identity));
  CHECK(usual.faces[0].fallback == Fallback::Coarser);
  CHECK(usual.faces[0].likeness);
  CHECK_FALSE(usual.faces[0].is_recognized());

  photo = clear;
  const CheckedPicture asked =
      hide_checked(photo, in_blocks(face), kMany, Cover::Blocks, likeness_by(&identity), BlocksAre::AskedFor);
  CHECK(asked.faces[0].fallback == Fallback::None);
  CHECK(asked.faces[0].is_recognized());
  CHECK(asked.faces[0].block == mosaic_block(face[0], kMany));
}

TEST_CASE("checked hiding: SFace knows a face of any size") {
  const std::filesystem::path models = std::filesystem::path(BAUTA_SOURCE_DIR) / "models";
  if (!IdentityCheck::is_available(models)) {
    std::cout << "SKIP: YuNet or SFace is not here; run scripts/fetch_networks\n";
    return;
  }
  const IdentityCheck identity(nullptr, models);
  const Image demo = read_image(models / "face-128" / "demo.png");
  const Image portrait = crop(demo, 0, 0, 320, 320);
  const Box face{90, 60, 150, 150};
  const auto likeness = [&](int k) {
    const Image clear = replicate(portrait, k);
    const Box large{k * face.x, k * face.y, k * face.width, k * face.height};
    Image half = clear;
    for (std::uint8_t& level : half.pixels) level = static_cast<std::uint8_t>(level / 2);
    return identity(clear, half, large);
  };
  const std::optional<double> one = likeness(1);
  REQUIRE(one);
  CHECK(*one > 0.9);
  for (const int k : {7, 14}) {  // 1050 and 2100 pixels: as it is, and averaged at first
    const std::optional<double> large = likeness(k);
    REQUIRE(large);
    CHECK(*large == doctest::Approx(*one).epsilon(0.05));
  }
  // The square about it would have more pixels than a picture may.
  const Image blank = blank_image(5200, 5200);
  CHECK_FALSE(identity(blank, blank, {0, 0, 5200, 5200}));
}
