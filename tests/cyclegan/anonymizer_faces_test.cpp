#include <doctest/doctest.h>

#include "cyclegan/anonymizer/anonymizer.h"
#include "cyclegan/anonymizer/checks.h"
#include "tests/cyclegan/anonymizer_pictures.h"
#include "tests/io/test_image.h"

using namespace bauta;
using test::smooth_picture;
using test::UntrainedNetwork;

namespace {

constexpr int kSize = 64;
constexpr int kBlocks = 8;

Image cut(const Image& image, const Box& box) { return crop(image, box.x, box.y, box.width, box.height); }

// The picture with its faces from another, to compare what lies outside.
Image with_faces_of(Image image, const Image& other, const std::vector<Region>& regions) {
  for (const Region& region : regions) paste(image, cut(other, region.face), region.face.x, region.face.y);
  return image;
}

}  // namespace

TEST_CASE("a bounded pair hides a face and brings it back") {
  Engine engine;
  const UntrainedNetwork G(engine, GeneratorKind::Bounded, GeneratorRole::DeId);
  const UntrainedNetwork F(engine, GeneratorKind::Bounded, GeneratorRole::ReId);
  for (const Box& face :
       {Box{30, 24, 50, 50}, Box{20, 10, 110, 100}, Box{-9, -5, 45, 50}, Box{90, 70, 60, 60}}) {
    CAPTURE(face.width);
    const Image photo = smooth_picture(140, 120);
    Image picture = photo;
    const auto regions = deidentify(picture, {face}, G.network, kSize, kBlocks);
    REQUIRE(regions.size() == 1);
    CHECK(regions[0].restorable);
    CHECK(check_face(photo, picture, regions[0].face, regions[0].block).face_hidden());
    const double hidden = psnr(cut(picture, regions[0].face), cut(photo, regions[0].face));
    CHECK(hidden < 30);
    CHECK(with_faces_of(picture, photo, regions) == photo);
    Image restored = picture;
    reidentify(restored, regions, F.network);
    const double shown = psnr(cut(restored, regions[0].face), cut(photo, regions[0].face));
    CHECK(shown > 30);
    CHECK(shown > hidden + 5);
    CHECK(with_faces_of(restored, photo, regions) == photo);
  }
}

TEST_CASE("the Re-ID network is given what the De-ID network wrote, bit for bit") {
  for (const Box& face : {Box{30, 24, 50, 50}, Box{20, 10, 110, 100}, Box{100, 80, 60, 60}}) {
    Image picture = smooth_picture(140, 120), written, read;
    MosaicBox box;
    // Blocks of its own colours, far enough from the picture to tell, near enough to pass.
    const FaceNetwork G = [&](const Image& seen, const MosaicBox& where) {
      box = where;
      written = mosaic(seen, {where.x, where.y, where.width, where.height}, where.block);
      for (auto& value : written.pixels) value = static_cast<std::uint8_t>(value + 5);
      return written;
    };
    const auto regions = deidentify(picture, {face}, G, kSize, kBlocks);
    REQUIRE(regions[0].restorable);
    reidentify(picture, regions, [&](const Image& seen, const MosaicBox& where) {
      CHECK(where == box);
      read = seen;
      return seen;
    });
    CHECK(crop(read, box.x, box.y, box.width, box.height) ==
          crop(written, box.x, box.y, box.width, box.height));
  }
}

TEST_CASE("overlapping faces are restored in reverse") {
  Engine engine;
  const UntrainedNetwork G(engine, GeneratorKind::Bounded, GeneratorRole::DeId);
  const UntrainedNetwork F(engine, GeneratorKind::Bounded, GeneratorRole::ReId);
  const Image photo = smooth_picture(200, 160);
  Image picture = photo;
  const auto regions =
      deidentify(picture, {{40, 40, 50, 50}, {60, 55, 48, 52}, {150, 20, 40, 40}}, G.network, kSize, kBlocks);
  REQUIRE(regions.size() == 3);
  reidentify(picture, regions, F.network);
  for (const Region& region : regions) {
    CHECK(region.restorable);
    CHECK(psnr(cut(picture, region.face), cut(photo, region.face)) > 28);
  }
  CHECK(with_faces_of(picture, photo, regions) == photo);
}

TEST_CASE("whatever a network leaves recognizable is replaced by the plain mosaic") {
  const Image photo = smooth_picture(140, 120);
  Engine engine;
  const UntrainedNetwork skip(engine, GeneratorKind::Skip, GeneratorRole::DeId);
  const UntrainedNetwork reference(engine, GeneratorKind::Reference, GeneratorRole::DeId);
  const FaceNetwork identity = [](const Image& seen, const MosaicBox&) { return seen; };
  const FaceNetwork black = [](const Image& seen, const MosaicBox&) {
    return blank_image(seen.width, seen.height);
  };
  for (const FaceNetwork& G : {skip.network, reference.network, identity, black}) {
    Image picture = photo;
    const auto regions = deidentify(picture, {{20, 10, 110, 100}}, G, kSize, kBlocks);
    REQUIRE(regions.size() == 1);
    const Region& region = regions[0];
    CHECK_FALSE(region.restorable);
    CHECK(check_face(photo, picture, region.face, region.block).distance < 1);
    const Image before = picture;
    reidentify(picture, regions, identity);
    CHECK(picture == before);
  }
}

TEST_CASE("even the smallest face is not left in blocks of one pixel") {
  const Image photo = test_image(60, 60);
  for (const int side : {2, 5, 12}) {
    Image picture = photo;
    const FaceNetwork identity = [](const Image& seen, const MosaicBox&) { return seen; };
    const auto regions = deidentify(picture, {{20, 20, side, side}}, identity, kSize, 20);
    CHECK(cut(picture, regions[0].face) != cut(photo, regions[0].face));
  }
}

TEST_CASE("one-way pixelation is the plain mosaic, in the photograph's own pixels") {
  const Image photo = smooth_picture(140, 120);
  Image picture = photo;
  const auto regions = pixelate(picture, {{10, 10, 60, 50}, {200, 0, 50, 50}, {100, 90, 60, 60}}, 10);
  REQUIRE(regions.size() == 2);
  CHECK(regions[0].face == Box{10, 10, 60, 50});
  CHECK(regions[0].block == 5);
  CHECK(regions[1].face == Box{100, 90, 40, 30});
  CHECK(picture == mosaic(mosaic(photo, {10, 10, 60, 50}, 5), {100, 90, 40, 30}, 3));
  CHECK_FALSE(regions[0].restorable);
}

TEST_CASE("pictures of any size are translated by padding") {
  const FaceNetwork note = [](const Image& seen, const MosaicBox& face) {
    CHECK(seen.width % 4 == 0);
    CHECK(seen.height % 4 == 0);
    CHECK((face.width <= seen.width && seen.width - face.width < 4));
    return seen;
  };
  for (const ImageSize size : {ImageSize{8, 8}, ImageSize{9, 11}, ImageSize{64, 31}}) {
    const Image picture = test_image(size.width, size.height);
    CHECK(translate_picture(note, picture, 10) == picture);
  }
  CHECK_THROWS(translate_picture(note, test_image(7, 20), 10));
}

TEST_CASE("a skip generator before training translates a picture into itself") {
  Engine engine;
  const UntrainedNetwork skip(engine, GeneratorKind::Skip, GeneratorRole::DeId);
  const Image picture = test_image(30, 22);
  CHECK(translate_picture(skip.network, picture, 10) == picture);
}
