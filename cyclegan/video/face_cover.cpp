#include "cyclegan/video/face_cover.h"

#include <algorithm>
#include <stdexcept>

namespace bauta {
namespace {

// Where the box's part number `i` of `blocks` begins, of the frame's pixels.
int edge(int start, int side, int i, int blocks) {
  return start + static_cast<int>(std::int64_t{side} * i / blocks);
}

struct Span {
  int begin, end;
};

// The samples of a plane that cover [begin, end) of the frame's pixels.
Span samples(int begin, int end, int shift, int side) {
  const int step = 1 << shift;
  const auto down = [](int at, int bits) { return at >> bits; };  // towards minus infinity
  return {std::clamp(down(begin, shift), 0, side), std::clamp(down(end + step - 1, shift), 0, side)};
}

std::uint8_t* row_of(VideoFrame& frame, const Plane& plane, int y) {
  return frame.bytes.data() + plane.offset +
         static_cast<std::size_t>(y) * static_cast<std::size_t>(plane.width) *
             static_cast<std::size_t>(plane.channels);
}
const std::uint8_t* row_of(const VideoFrame& frame, const Plane& plane, int y) {
  return row_of(const_cast<VideoFrame&>(frame), plane, y);
}

struct Sum {
  std::int64_t total = 0, count = 0;
  std::uint8_t mean() const { return static_cast<std::uint8_t>((total + count / 2) / count); }
};

Sum sum_of(const VideoFrame& frame, const Plane& plane, const Span& columns, const Span& rows, int channel) {
  Sum sum;
  for (int y = rows.begin; y < rows.end; ++y) {
    const std::uint8_t* row = row_of(frame, plane, y);
    for (int x = columns.begin; x < columns.end; ++x) sum.total += row[x * plane.channels + channel];
  }
  sum.count = std::int64_t{std::max(0, columns.end - columns.begin)} * std::max(0, rows.end - rows.begin);
  return sum;
}

}  // namespace

HeldColours take_colours(const VideoFrame& frame, const Box& face, int blocks) {
  if (blocks < 1) throw std::invalid_argument("take_colours: blocks below 1");
  if (intersection(face, {0, 0, frame.width, frame.height}).area() == 0)
    throw std::invalid_argument("take_colours: the face lies outside the frame");
  HeldColours colours;
  colours.blocks = blocks;
  const Planes planes = planes_of(frame.layout, frame.width, frame.height);
  for (int number = 0; number < planes.count; ++number) {
    const Plane& plane = planes.plane[static_cast<std::size_t>(number)];
    const auto columns = [&](int begin, int end) { return samples(begin, end, plane.shift_x, plane.width); };
    const auto rows = [&](int begin, int end) { return samples(begin, end, plane.shift_y, plane.height); };
    std::vector<std::uint8_t>& levels = colours.planes[static_cast<std::size_t>(number)];
    for (int y = 0; y < blocks; ++y)
      for (int x = 0; x < blocks; ++x)
        for (int channel = 0; channel < plane.channels; ++channel) {
          Sum sum = sum_of(
              frame, plane,
              columns(edge(face.x, face.width, x, blocks), edge(face.x, face.width, x + 1, blocks)),
              rows(edge(face.y, face.height, y, blocks), edge(face.y, face.height, y + 1, blocks)), channel);
          // A block beyond the border, or of no pixel: the face's mean.
          if (sum.count == 0)
            sum = sum_of(frame, plane, columns(face.x, face.x + face.width),
                         rows(face.y, face.y + face.height), channel);
          levels.push_back(sum.mean());
        }
  }
  return colours;
}

HeldColours grey_colours(const VideoFrame& frame, const ColourModel& model) {
  constexpr std::uint8_t kMiddle = 128;
  const auto luma = static_cast<std::uint8_t>(model.full_range ? kMiddle : 126);
  HeldColours colours;
  colours.blocks = 1;
  colours.planes[0].assign(frame.layout == PixelLayout::Rgb ? 3 : 1,
                           frame.layout == PixelLayout::Rgb ? kMiddle : luma);
  colours.planes[1] = colours.planes[2] = {kMiddle};
  return colours;
}

Box coverable(const VideoFrame& frame, const Box& face) {
  Box seen = intersection(face, {0, 0, frame.width, frame.height});
  if (seen.area() == 0) return {};
  const Planes planes = planes_of(frame.layout, frame.width, frame.height);
  const Plane& coarsest = planes.plane[static_cast<std::size_t>(planes.count - 1)];
  const auto whole = [](int& start, int& side, int shift, int limit) {
    const int step = 1 << shift, end = std::min((start + side + step - 1) >> shift << shift, limit);
    start = start >> shift << shift;
    side = end - start;
  };
  whole(seen.x, seen.width, coarsest.shift_x, frame.width);
  whole(seen.y, seen.height, coarsest.shift_y, frame.height);
  return seen;
}

void cover(VideoFrame& frame, const Box& face, const HeldColours& colours) {
  const Box box = coverable(frame, face);
  if (box.area() == 0) return;
  const Planes planes = planes_of(frame.layout, frame.width, frame.height);
  // A pixel's block; what chroma's whole samples add at the borders is the outer blocks'.
  const auto block_at = [&](int pixel, int start, int side) {
    const std::int64_t block = std::int64_t{pixel - start} * colours.blocks / std::max(side, 1);
    return static_cast<std::size_t>(std::clamp<std::int64_t>(block, 0, colours.blocks - 1));
  };
  for (int number = 0; number < planes.count; ++number) {
    const Plane& plane = planes.plane[static_cast<std::size_t>(number)];
    const std::vector<std::uint8_t>& levels = colours.planes[static_cast<std::size_t>(number)];
    const Span columns = samples(box.x, box.x + box.width, plane.shift_x, plane.width);
    const Span rows = samples(box.y, box.y + box.height, plane.shift_y, plane.height);
    const auto channels = static_cast<std::size_t>(plane.channels);
    for (int y = rows.begin; y < rows.end; ++y) {
      std::uint8_t* row = row_of(frame, plane, y);
      const std::size_t down = block_at(y << plane.shift_y, face.y, face.height);
      for (int x = columns.begin; x < columns.end; ++x) {
        const std::size_t across = block_at(x << plane.shift_x, face.x, face.width);
        const std::size_t at = (down * static_cast<std::size_t>(colours.blocks) + across) * channels;
        for (std::size_t channel = 0; channel < channels; ++channel)
          row[static_cast<std::size_t>(x) * channels + channel] = levels[at + channel];
      }
    }
  }
}

void outline(VideoFrame& frame, const Box& face, const ColourModel& model) {
  constexpr int kWide = 2;
  HeldColours bright = grey_colours(frame, model);
  std::ranges::fill(bright.planes[0], static_cast<std::uint8_t>(model.full_range ? 255 : 235));
  const Box box = coverable(frame, face);
  if (box.area() == 0) return;
  const int wide = std::min({kWide, box.width, box.height});
  cover(frame, {box.x, box.y, box.width, wide}, bright);
  cover(frame, {box.x, box.y + box.height - wide, box.width, wide}, bright);
  cover(frame, {box.x, box.y, wide, box.height}, bright);
  cover(frame, {box.x + box.width - wide, box.y, wide, box.height}, bright);
}

}  // namespace bauta
