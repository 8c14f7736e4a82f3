#include "io/video/frame.h"

#include <algorithm>
#include <stdexcept>

namespace bauta {
namespace {

struct Shifts {
  int planes, x, y;
};

Shifts shifts_of(PixelLayout layout) {
  switch (layout) {
    case PixelLayout::Grey:
    case PixelLayout::Rgb:
      return {1, 0, 0};
    case PixelLayout::Yuv420:
      return {3, 1, 1};
    case PixelLayout::Yuv422:
      return {3, 1, 0};
    case PixelLayout::Yuv444:
      return {3, 0, 0};
  }
  throw std::invalid_argument("there is no such pixel layout");
}

int halved(int side, int shift) { return (side + (1 << shift) - 1) >> shift; }

// 16.16 fixed point: R = y + rv v, G = y - gu u - gv v, B = y + bu u, of centred u and v.
struct Coefficients {
  int y, y_offset, rv, gu, gv, bu;
};

Coefficients coefficients_of(const ColourModel& model) {
  double red = 0.299, blue = 0.114;
  if (model.matrix == ColourMatrix::Bt709) red = 0.2126, blue = 0.0722;
  if (model.matrix == ColourMatrix::Bt2020) red = 0.2627, blue = 0.0593;
  const double green = 1 - red - blue;
  const double luma = model.full_range ? 1 : 255.0 / 219, chroma = model.full_range ? 1 : 255.0 / 224;
  const auto fixed = [](double value) { return static_cast<int>(value * 65536 + 0.5); };
  return {fixed(luma),
          model.full_range ? 0 : 16,
          fixed(2 * (1 - red) * chroma),
          fixed(2 * (1 - blue) * blue / green * chroma),
          fixed(2 * (1 - red) * red / green * chroma),
          fixed(2 * (1 - blue) * chroma)};
}

std::uint8_t level(int fixed) { return static_cast<std::uint8_t>(std::clamp((fixed + 32768) >> 16, 0, 255)); }

void put_rgb(const Coefficients& c, int y, int u, int v, std::uint8_t* rgb) {
  const int luma = (y - c.y_offset) * c.y;
  u -= 128;
  v -= 128;
  rgb[0] = level(luma + c.rv * v);
  rgb[1] = level(luma - c.gu * u - c.gv * v);
  rgb[2] = level(luma + c.bu * u);
}

// One channel of a plane scaled to width x height: means of whole pixels where it shrinks, repeated where
// not.
std::vector<std::uint8_t> scaled(const VideoFrame& frame, const Plane& plane, int channel, int width,
                                 int height) {
  std::vector<std::uint8_t> small(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  const auto edge = [](int i, int side, int sides) {
    return static_cast<int>(std::int64_t{i} * side / sides);
  };
  std::vector<int> begins;
  for (int x = 0; x <= width; ++x) begins.push_back(edge(x, plane.width, width));
  const auto stride = static_cast<std::size_t>(plane.width) * static_cast<std::size_t>(plane.channels);
  std::vector<std::uint32_t> sums(static_cast<std::size_t>(width));
  for (int y = 0; y < height; ++y) {
    const int top = edge(y, plane.height, height);
    const int bottom = std::max(top + 1, edge(y + 1, plane.height, height));
    std::ranges::fill(sums, 0u);
    for (int row = top; row < bottom; ++row) {
      const std::uint8_t* from =
          frame.bytes.data() + plane.offset + stride * static_cast<std::size_t>(row) + channel;
      for (int x = 0; x < width; ++x) {
        const int begin = begins[static_cast<std::size_t>(x)];
        const int end = std::max(begin + 1, begins[static_cast<std::size_t>(x) + 1]);
        for (int column = begin; column < end; ++column)
          sums[static_cast<std::size_t>(x)] += from[column * plane.channels];
      }
    }
    std::uint8_t* into = small.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
    for (int x = 0; x < width; ++x) {
      const int columns =
          std::max(1, begins[static_cast<std::size_t>(x) + 1] - begins[static_cast<std::size_t>(x)]);
      const auto count = static_cast<std::uint32_t>(columns * (bottom - top));
      into[x] = static_cast<std::uint8_t>((sums[static_cast<std::size_t>(x)] + count / 2) / count);
    }
  }
  return small;
}

}  // namespace

Planes planes_of(PixelLayout layout, int width, int height) {
  if (width < 1 || height < 1 || std::int64_t{width} * height > kMostFramePixels)
    throw std::invalid_argument("a frame of " + std::to_string(width) + " x " + std::to_string(height) +
                                " pixels");
  const Shifts shifts = shifts_of(layout);
  Planes planes;
  planes.count = shifts.planes;
  for (int i = 0; i < shifts.planes; ++i) {
    Plane& plane = planes.plane[static_cast<std::size_t>(i)];
    plane.offset = planes.bytes;
    plane.channels = layout == PixelLayout::Rgb ? 3 : 1;
    if (i > 0) plane.shift_x = shifts.x, plane.shift_y = shifts.y;
    plane.width = halved(width, plane.shift_x);
    plane.height = halved(height, plane.shift_y);
    planes.bytes += static_cast<std::size_t>(plane.width) * static_cast<std::size_t>(plane.height) *
                    static_cast<std::size_t>(plane.channels);
  }
  return planes;
}

Image to_rgb(const VideoFrame& frame, const ColourModel& model) {
  return to_small_rgb(frame, model, frame.width, frame.height);
}

Image to_small_rgb(const VideoFrame& frame, const ColourModel& model, int width, int height) {
  if (width > frame.width || height > frame.height)
    throw std::invalid_argument("to_small_rgb: larger than the frame");
  const Planes planes = planes_of(frame.layout, frame.width, frame.height);
  Image image = blank_image(width, height);
  const bool rgb = frame.layout == PixelLayout::Rgb;
  if (rgb && width == frame.width && height == frame.height) {
    image.pixels = frame.bytes;
    return image;
  }
  std::array<std::vector<std::uint8_t>, 3> samples;
  for (int i = 0; i < (rgb ? 3 : planes.count); ++i) {
    const auto at = static_cast<std::size_t>(i);
    samples[at] = scaled(frame, planes.plane[rgb ? 0 : at], rgb ? i : 0, width, height);
  }
  const Coefficients c = coefficients_of(model);
  const bool grey = frame.layout == PixelLayout::Grey;
  std::uint8_t* into = image.pixels.data();
  for (std::size_t i = 0; i < samples[0].size(); ++i, into += 3) {
    if (rgb)
      for (std::size_t channel = 0; channel < 3; ++channel) into[channel] = samples[channel][i];
    else
      put_rgb(c, samples[0][i], grey ? 128 : samples[1][i], grey ? 128 : samples[2][i], into);
  }
  return image;
}

VideoFrame part_of(const VideoFrame& frame, const Box& box) {
  const Planes from = planes_of(frame.layout, frame.width, frame.height);
  const Plane& coarsest = from.plane[static_cast<std::size_t>(from.count - 1)];
  const auto whole = [](int begin, int side, int shift, int limit) {
    const auto fits = [shift, limit](int at) { return at == limit || at >> shift << shift == at; };
    return begin >= 0 && side > 0 && side <= limit - begin && fits(begin) && fits(begin + side);
  };
  if (!whole(box.x, box.width, coarsest.shift_x, frame.width) ||
      !whole(box.y, box.height, coarsest.shift_y, frame.height))
    throw std::invalid_argument("part_of: not a box of whole samples in the frame");
  VideoFrame part{frame.layout, box.width, box.height, frame.time, {}};
  const Planes into = planes_of(part.layout, part.width, part.height);
  part.bytes.reserve(into.bytes);
  for (int i = 0; i < from.count; ++i) {
    const Plane &plane = from.plane[static_cast<std::size_t>(i)],
                &cut = into.plane[static_cast<std::size_t>(i)];
    const auto channels = static_cast<std::size_t>(plane.channels);
    for (int y = 0; y < cut.height; ++y) {
      const std::size_t row = static_cast<std::size_t>((box.y >> plane.shift_y) + y) *
                              static_cast<std::size_t>(plane.width),
                        column = static_cast<std::size_t>(box.x >> plane.shift_x);
      const auto begin =
          frame.bytes.begin() + static_cast<std::ptrdiff_t>(plane.offset + (row + column) * channels);
      part.bytes.insert(part.bytes.end(), begin,
                        begin + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(cut.width) * channels));
    }
  }
  return part;
}

VideoFrame to_frame(Image image, std::int64_t time) {
  return {PixelLayout::Rgb, image.width, image.height, time, std::move(image.pixels)};
}

Image to_image(VideoFrame frame) {
  if (frame.layout != PixelLayout::Rgb) throw std::invalid_argument("to_image: not a frame of RGB");
  return {frame.width, frame.height, std::move(frame.bytes)};
}

}  // namespace bauta
