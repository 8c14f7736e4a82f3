#include "io/video/y4m.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "io/file_error.h"

namespace bauta {
namespace {

struct Chroma {
  std::string_view name;
  PixelLayout layout;
};
constexpr std::array<Chroma, 7> kChromas{{{"420jpeg", PixelLayout::Yuv420},
                                          {"420mpeg2", PixelLayout::Yuv420},
                                          {"420paldv", PixelLayout::Yuv420},
                                          {"420", PixelLayout::Yuv420},
                                          {"422", PixelLayout::Yuv422},
                                          {"444", PixelLayout::Yuv444},
                                          {"mono", PixelLayout::Grey}}};

constexpr const char* kAdvice =
    "send a whole YUV4MPEG2 stream (ffmpeg -i VIDEO -pix_fmt yuv420p -f yuv4mpegpipe -)";

std::optional<std::int64_t> number(std::string_view text) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 31;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > kLargest) return {};
  return value;
}

std::optional<Ratio> ratio(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return {};
  const auto above = number(text.substr(0, colon)), below = number(text.substr(colon + 1));
  if (!above || !below) return {};
  return Ratio{*above, *below};
}

std::string text_of(const Ratio& ratio) {
  return std::to_string(ratio.numerator) + ":" + std::to_string(ratio.denominator);
}

}  // namespace

ColourModel model_of(const ColourTags& tags, int height) {
  ColourModel model;
  model.full_range = tags.range == "pc" || tags.range == "full" || tags.range == "jpeg";
  const bool says_nothing = tags.space.empty() || tags.space == "unknown" || tags.space == "unspecified";
  if (tags.space == "bt709" || (says_nothing && height >= 720)) model.matrix = ColourMatrix::Bt709;
  if (tags.space.starts_with("bt2020")) model.matrix = ColourMatrix::Bt2020;
  return model;
}

Y4mReader::Y4mReader(int descriptor, const std::filesystem::path& path, int stop)
    : from_(descriptor, path, stop) {
  take_header(line());
  try {
    planes_of(format_.layout, format_.width, format_.height);
  } catch (const std::invalid_argument& error) {
    fail(std::string("has ") + error.what());
  }
}

void Y4mReader::fail(const std::string& what) const { throw FileError(from_.path(), what, kAdvice); }

// Without its end.
std::string Y4mReader::line() {
  std::string text;
  for (int byte = from_.get(); byte != '\n'; byte = from_.get()) {
    if (byte < 0) fail(text.empty() ? "is empty" : "ends within a header");
    if (text.size() >= kLongestY4mLine) fail("has no YUV4MPEG2 header of a sane length");
    text += static_cast<char>(byte);
  }
  return text;
}

void Y4mReader::take_chroma(const std::string& name) {
  const auto* known = std::ranges::find(kChromas, std::string_view(name), &Chroma::name);
  if (known == kChromas.end())
    throw FileError(from_.path(),
                    "has the pixel format C" + name + ", bauta reads 8 bits in 420, 422, 444 and mono",
                    "convert it (ffmpeg -pix_fmt yuv420p)");
  format_.layout = known->layout;
  format_.chroma = name;
}

void Y4mReader::take_header(const std::string& header) {
  constexpr std::string_view kMagic = "YUV4MPEG2";
  if (!header.starts_with(kMagic) || (header.size() > kMagic.size() && header[kMagic.size()] != ' '))
    fail("is no YUV4MPEG2 stream");
  format_.chroma = "420jpeg";
  for (std::size_t at = kMagic.size(); at < header.size();) {
    const std::size_t begin = header.find_first_not_of(' ', at);
    if (begin == header.npos) break;
    at = std::min(header.find(' ', begin), header.size());
    const std::string value = header.substr(begin + 1, at - begin - 1);
    const auto whole = number(value);
    const auto parts = ratio(value);
    switch (header[begin]) {
      case 'W':
      case 'H':
        if (!whole) fail("has \"" + header.substr(begin, at - begin) + "\" in its header");
        (header[begin] == 'W' ? format_.width : format_.height) =
            static_cast<int>(std::min<std::int64_t>(*whole, kMostFramePixels + 1));
        break;
      case 'F':
        if (!parts || !parts->known()) fail("has no frame rate that could be (F" + value + ")");
        format_.rate = *parts;
        break;
      case 'A':
        if (parts) format_.pixel_aspect = *parts;
        break;
      case 'I':
        if (value != "p" && value != "t" && value != "b" && value != "?")
          fail("has mixed interlacing (I" + value + ")");
        format_.interlacing = value.front();
        break;
      case 'C':
        take_chroma(value);
        break;
      case 'X':
        if (value == "COLORRANGE=FULL") format_.colours.range = "pc";
        if (value == "COLORRANGE=LIMITED") format_.colours.range = "tv";
        break;
      default:
        fail("has \"" + header.substr(begin, at - begin) + "\" in its header");
    }
  }
  if (!format_.rate.known()) format_.rate = {25, 1};
  format_.time_base = {format_.rate.denominator, format_.rate.numerator};
}

bool Y4mReader::read(VideoFrame& frame) {
  const int first = from_.get();
  if (first < 0) {
    if (frames_ == 0) fail("has no frame");
    return false;
  }
  const std::string header = first == '\n' ? "" : static_cast<char>(first) + line();
  if (header != "FRAME" && !header.starts_with("FRAME "))
    fail("has no frame where its frame " + std::to_string(frames_) + " should begin");
  frame.layout = format_.layout;
  frame.width = format_.width;
  frame.height = format_.height;
  frame.time = frames_;
  const std::size_t bytes = planes_of(format_.layout, format_.width, format_.height).bytes;
  if (!from_.read_growing(frame.bytes, bytes)) fail("ends within its frame " + std::to_string(frames_));
  ++frames_;
  return true;
}

Y4mWriter::Y4mWriter(int descriptor, std::filesystem::path path, const VideoFormat& format)
    : descriptor_(descriptor),
      path_(std::move(path)),
      frame_bytes_(planes_of(format.layout, format.width, format.height).bytes) {
  std::string chroma = format.chroma;
  if (chroma.empty()) {
    const auto* usual = std::ranges::find(kChromas, format.layout, &Chroma::layout);
    if (usual == kChromas.end())
      throw FileError(path_, "is y4m, which has no RGB", "name an .mkv file with --out");
    chroma = usual->name;
  }
  std::string header = "YUV4MPEG2 W" + std::to_string(format.width) + " H" + std::to_string(format.height) +
                       " F" + text_of(format.rate.known() ? format.rate : Ratio{25, 1}) + " I" +
                       format.interlacing;
  header += " A" + text_of(format.pixel_aspect) + " C" + chroma;
  if (format.colours.range == "pc") header += " XCOLORRANGE=FULL";
  if (format.colours.range == "tv") header += " XCOLORRANGE=LIMITED";
  write_all(descriptor_, header + "\n", path_);
}

void Y4mWriter::write(const VideoFrame& frame) {
  if (frame.bytes.size() != frame_bytes_) throw std::invalid_argument("Y4mWriter: a frame of another size");
  write_all(descriptor_, std::string_view("FRAME\n"), path_);
  write_all(descriptor_, frame.bytes, path_);
}

}  // namespace bauta
