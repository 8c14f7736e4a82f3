// Faces covered in a frame's planes, and tables of their boxes.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "cyclegan/keyed/keyed_anonymizer.h"
#include "cyclegan/video/face_cover.h"
#include "cyclegan/video/frame_boxes.h"
#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"
#include "tests/io/test_frame.h"

namespace bauta {
namespace {

// Calls with each plane and each of its samples' place: the frame's pixel and whether it is in the box.
template <class Each>
void for_samples(const VideoFrame& frame, const Box& box, const Each& each) {
  const Planes planes = planes_of(frame.layout, frame.width, frame.height);
  for (const Plane& plane : planes.all())
    for (int y = 0; y < plane.height; ++y)
      for (int x = 0; x < plane.width; ++x)
        for (int channel = 0; channel < plane.channels; ++channel) {
          const std::size_t at = plane.offset +
                                 (static_cast<std::size_t>(y) * static_cast<std::size_t>(plane.width) +
                                  static_cast<std::size_t>(x)) *
                                     static_cast<std::size_t>(plane.channels) +
                                 static_cast<std::size_t>(channel);
          each(at, intersection(box, {x << plane.shift_x, y << plane.shift_y, 1, 1}).area() > 0);
        }
}

}  // namespace

TEST_CASE("video cover: inside the box nothing of the frame is left, outside nothing changes") {
  for (const PixelLayout layout : kPixelLayouts)
    for (const Box& face : {Box{7, 5, 21, 17}, Box{-9, -4, 30, 33}, Box{40, 30, 99, 99}, Box{0, 0, 61, 47}}) {
      const VideoFrame one = test_frame(layout, 61, 47, 1), other = test_frame(layout, 61, 47, 2);
      const Box box = coverable(one, face);
      REQUIRE(intersection(box, intersection(face, {0, 0, 61, 47})) == intersection(face, {0, 0, 61, 47}));
      const HeldColours colours = take_colours(one, face, 4);
      VideoFrame covered = one, also = other;
      cover(covered, face, colours);
      cover(also, face, colours);
      for_samples(one, box, [&](std::size_t at, bool inside) {
        // Two frames that differ everywhere are the same where they were covered.
        if (inside)
          CHECK(covered.bytes[at] == also.bytes[at]);
        else
          REQUIRE(covered.bytes[at] == one.bytes[at]);
      });
    }
}

TEST_CASE("video cover: the held colours are the blocks' means, and the grid goes with the face") {
  const VideoFrame frame = test_frame(PixelLayout::Rgb, 64, 48);
  const Box face{8, 4, 32, 32};
  const HeldColours colours = take_colours(frame, face, 4);
  Image picture = to_image(frame);
  VideoFrame covered = frame;
  cover(covered, face, colours);
  CHECK(to_image(covered) == mosaic(picture, face, 8));
  // Elsewhere and larger: the same colours at the same shares of the face.
  VideoFrame moved = test_frame(PixelLayout::Rgb, 200, 200, 5);
  cover(moved, {50, 60, 64, 64}, colours);
  const Image there = to_image(moved), here = to_image(covered);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x)
      for (int c = 0; c < 3; ++c) CHECK(there.at(50 + 2 * x, 60 + 2 * y)[c] == here.at(8 + x, 4 + y)[c]);
  CHECK_THROWS_AS(take_colours(frame, {100, 100, 5, 5}, 4), std::invalid_argument);
  CHECK_THROWS_AS(take_colours(frame, face, 0), std::invalid_argument);
  CHECK(coverable(frame, {100, 100, 5, 5}).area() == 0);
}

TEST_CASE("video frame: a part of it has its samples, plane by plane") {
  for (const PixelLayout layout : kPixelLayouts) {
    const VideoFrame frame = test_frame(layout, 61, 47);
    const Box box{8, 6, 53, 30};  // up to the border
    const VideoFrame part = part_of(frame, box);
    REQUIRE(part.bytes.size() == planes_of(layout, 53, 30).bytes);
    const Planes of_frame = planes_of(layout, 61, 47), of_part = planes_of(layout, 53, 30);
    for (int i = 0; i < of_frame.count; ++i) {
      const Plane &from = of_frame.plane[static_cast<std::size_t>(i)],
                  &into = of_part.plane[static_cast<std::size_t>(i)];
      for (int y = 0; y < into.height; ++y)
        for (int x = 0; x < into.width * into.channels; ++x) {
          const int there = ((6 >> from.shift_y) + y) * from.width * from.channels +
                            (8 >> from.shift_x) * from.channels + x;
          const int here = y * into.width * into.channels + x;
          REQUIRE(part.bytes[into.offset + static_cast<std::size_t>(here)] ==
                  frame.bytes[from.offset + static_cast<std::size_t>(there)]);
        }
    }
    CHECK_THROWS_AS(part_of(frame, {8, 6, 54, 30}), std::invalid_argument);
    CHECK_THROWS_AS(part_of(frame, {-2, 6, 20, 30}), std::invalid_argument);
    CHECK_THROWS_AS(part_of(frame, {8, 6, 0, 30}), std::invalid_argument);
  }
  CHECK_THROWS_AS(part_of(test_frame(PixelLayout::Yuv420, 61, 47), {7, 6, 20, 30}), std::invalid_argument);
}

TEST_CASE("video cover: planes become the colours that BT.601 and BT.709 say") {
  const auto colour = [](const ColourModel& model, int y, int u, int v) {
    VideoFrame frame{PixelLayout::Yuv420, 2, 2, 0, {}};
    frame.bytes.assign(4, static_cast<std::uint8_t>(y));
    frame.bytes.push_back(static_cast<std::uint8_t>(u));
    frame.bytes.push_back(static_cast<std::uint8_t>(v));
    const Image image = to_rgb(frame, model);
    return std::array<int, 3>{image.at(1, 1)[0], image.at(1, 1)[1], image.at(1, 1)[2]};
  };
  const auto near = [](const std::array<int, 3>& a, const std::array<int, 3>& b) {
    for (std::size_t i = 0; i < 3; ++i)
      if (std::abs(a[i] - b[i]) > 1) return false;
    return true;
  };
  CHECK(near(colour({ColourMatrix::Bt601, false}, 16, 128, 128), {0, 0, 0}));
  CHECK(near(colour({ColourMatrix::Bt601, false}, 235, 128, 128), {255, 255, 255}));
  CHECK(near(colour({ColourMatrix::Bt601, false}, 81, 90, 240), {255, 0, 0}));   // red, as BT.601 codes it
  CHECK(near(colour({ColourMatrix::Bt709, false}, 63, 102, 240), {255, 0, 0}));  // and as BT.709 does
  CHECK(near(colour({ColourMatrix::Bt709, false}, 173, 42, 26), {0, 255, 0}));
  CHECK(near(colour({ColourMatrix::Bt601, true}, 200, 128, 128), {200, 200, 200}));
}

TEST_CASE("video cover: scaled down, a frame's pixels are means of its own") {
  const VideoFrame frame = test_frame(PixelLayout::Rgb, 60, 40);
  CHECK(to_small_rgb(frame, {}, 60, 40) == to_image(frame));
  CHECK(to_small_rgb(frame, {}, 30, 20) == block_average(to_image(frame), 2));
  CHECK(to_small_rgb(frame, {}, 12, 8) == block_average(to_image(frame), 5));
  CHECK_THROWS_AS(to_small_rgb(frame, {}, 61, 40), std::invalid_argument);
  const VideoFrame yuv = test_frame(PixelLayout::Yuv420, 61, 43);
  const Image small = to_small_rgb(yuv, {}, 17, 11);
  CHECK(small.width == 17);
  CHECK(small.height == 11);
}

TEST_CASE(
    "keyed: what is shown may be another picture's colours, and the face still comes back bit for bit") {
  // Smooth, so that it fits bit for bit.
  Image photo = blank_image(96, 80);
  for (int y = 0; y < photo.height; ++y)
    for (int x = 0; x < photo.width; ++x)
      for (int c = 0; c < 3; ++c) photo.at(x, y)[c] = static_cast<std::uint8_t>(60 + x + y / 2 + 10 * c);
  Image shown = blank_image(96, 80);
  std::ranges::fill(shown.pixels, std::uint8_t{200});
  KeyedOptions options;
  options.shown = &shown;
  const SecretKey key = SecretKey::generate();
  Image hidden = photo;
  const auto faces = hide_faces(hidden, {{20, 16, 40, 40}}, options, key);
  REQUIRE(faces.size() == 1);
  CHECK(faces[0].code == ResidualCode::Exact);
  const Lattice lattice(faces[0].region.k);
  for (int y = 16; y < 56; ++y)
    for (int x = 20; x < 60; ++x)
      for (int c = 0; c < 3; ++c) CHECK(lattice.cell_of(hidden.at(x, y)[c]) == lattice.cell_for(200));
  CHECK(restore_region(hidden, faces[0].region, keys_from(key)).state == RegionState::Intact);
  CHECK(hidden == photo);
}

TEST_CASE("frame boxes: a table by frame") {
  const TemporaryFolder folder;
  const auto path =
      put_file(folder / "boxes.tsv", "frame\tbx\tby\tbw\tbh\n3\t1\t2\t30\t40\n3\t5.6\t6\t7\t8\n9\t\t\t\t\n");
  const FrameBoxes boxes(path);
  CHECK(boxes.of(3) == std::vector{Box{1, 2, 30, 40}, Box{6, 6, 7, 8}});
  CHECK(boxes.of(9).empty());
  CHECK(boxes.of(0).empty());
  CHECK(boxes.from(0) == 2);
  CHECK(boxes.from(4) == 0);
  const auto wrong = put_file(folder / "wrong.tsv", "frame\tbx\tby\tbw\tbh\n-3\t1\t2\t30\t40\n");
  CHECK(contains(error_of(wrong, [&] { FrameBoxes{wrong}; }), "line 2 has \"-3\" in column frame"));
  const auto photo = put_file(folder / "photo.tsv", "path\tbx\tby\tbw\tbh\n");
  CHECK(contains(error_of(photo, [&] { FrameBoxes{photo}; }), "names no column frame"));
}

}  // namespace bauta
