// A face's colours, looked at before they are held.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "cyclegan/video/checked_colours.h"
#include "tests/io/test_frame.h"

namespace bauta {
namespace {

constexpr Box kFace{40, 30, 48, 56};

VideoFrame clear_frame() { return test_frame(PixelLayout::Yuv420, 161, 121, 3); }

// Recognizes a face through more blocks than so many, which it counts by the colours along the face's middle
// row.
struct Recognizer {
  int through_more_than;
  mutable std::vector<int> shown = {};

  std::optional<double> operator()(const Image& clear, const Image& written, const Box& face) const {
    REQUIRE(clear.width == written.width);
    int colours = 1;
    const int middle = face.y + face.height / 2;
    for (int x = face.x + 1; x < face.x + face.width; ++x)
      colours +=
          std::equal(written.at(x, middle), written.at(x, middle) + 3, written.at(x - 1, middle)) ? 0 : 1;
    shown.push_back(colours);
    return colours > through_more_than ? 0.9 : 0.1;
  }
};

}  // namespace

TEST_CASE("video colours: whoever is recognized through the usual blocks gets fewer, one grey in the end") {
  const VideoFrame frame = clear_frame();
  const auto taken_by = [&](const Recognizer& recognizer, BlocksAre chosen, int blocks = 4) {
    ColourWish wish;
    wish.blocks = blocks;
    wish.chosen = chosen;
    wish.likeness = std::cref(recognizer);
    return take_checked_colours(frame, {}, kFace, wish);
  };
  const Recognizer never{100}, through_three{3}, through_one{1}, through_any{0};
  const CheckedColours usual = taken_by(never, BlocksAre::Usual);
  CHECK(usual.blocks == 4);
  CHECK(usual.colours.planes == take_colours(frame, kFace, 4).planes);
  CHECK(never.shown == std::vector{4});
  const CheckedColours fewer = taken_by(through_three, BlocksAre::Usual);
  CHECK(fewer.blocks == 2);
  CHECK(fewer.colours.planes == take_colours(frame, kFace, 2).planes);
  CHECK(through_three.shown == std::vector{4, 2});
  CHECK_FALSE(fewer.is_recognized());
  CHECK(taken_by(through_one, BlocksAre::Usual).blocks == 1);
  CHECK_THROWS_AS(taken_by(through_any, BlocksAre::Usual), NotHidden);
  CHECK(through_any.shown == std::vector{4, 2, 1, 1});  // the last in grey

  // Blocks that somebody asked for stay, and it is told.
  const CheckedColours asked = taken_by(through_three, BlocksAre::AskedFor, 8);
  CHECK(asked.blocks == 8);
  CHECK(asked.is_recognized());

  ColourWish fill;
  fill.cover = Cover::Fill;
  fill.likeness = std::cref(never);
  CHECK(take_checked_colours(frame, {}, kFace, fill).colours.planes == grey_colours(frame, {}).planes);
  fill.likeness = std::cref(through_any);
  CHECK_THROWS_AS(take_checked_colours(frame, {}, kFace, fill), NotHidden);
}

TEST_CASE("video colours: one grey is enough over a face that a recognizer is shown too little of") {
  const VideoFrame frame = clear_frame();
  const Recognizer through_any{0};
  ColourWish wish;
  wish.likeness = std::cref(through_any);
  const CheckedColours taken = take_checked_colours(frame, {}, {40, 30, 40, 47}, wish);
  CHECK(taken.blocks == 0);
  CHECK(taken.is_recognized());
  CHECK(taken.colours.planes == grey_colours(frame, {}).planes);
}

TEST_CASE("video colours: a face at the border, larger than the frame or outside of it") {
  const VideoFrame frame = clear_frame();
  ColourWish wish;
  int looks = 0;
  wish.likeness = [&](const Image& clear, const Image& written, const Box& face) -> std::optional<double> {
    ++looks;
    CHECK(clear.width == written.width);
    CHECK(intersection(face, {0, 0, clear.width, clear.height}) == face);
    CHECK(clear.pixels != written.pixels);
    return {};
  };
  for (const Box& face :
       {Box{-20, -31, 48, 56}, Box{140, 100, 48, 56}, Box{-500, -500, 2000, 2000}, Box{150, 110, 40, 40}}) {
    const CheckedColours taken = take_checked_colours(frame, {}, face, wish);
    CHECK(taken.blocks == 4);
    CHECK_FALSE(taken.likeness.has_value());
  }
  CHECK(looks == 4);
  const CheckedColours outside = take_checked_colours(frame, {}, {400, 400, 20, 20}, wish);
  CHECK(outside.colours.planes == grey_colours(frame, {}).planes);
  CHECK(looks == 4);
}

}  // namespace bauta
