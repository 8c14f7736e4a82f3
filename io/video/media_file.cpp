#include "io/video/media_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "io/child_process.h"
#include "io/file_error.h"
#include "io/input_file.h"

namespace bauta {
namespace {

using nlohmann::json;

constexpr std::size_t kMostJsonBytes = std::size_t{16} << 20;

std::string text_in(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int number_in(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number_integer() ? found->get<int>() : 0;
}

std::optional<std::int64_t> whole(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

// "30000/1001", "4:3"; 0/0 where it is neither.
Ratio ratio_of(const std::string& text) {
  const std::size_t bar = text.find_first_of("/:");
  if (bar == text.npos) return {};
  const auto above = whole(text.substr(0, bar)), below = whole(text.substr(bar + 1));
  return above && below ? Ratio{*above, *below} : Ratio{};
}

double seconds_of(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && std::isfinite(value) && value > 0 && value < 1e8 ? value : 0;
}

// A colour's name as ffmpeg takes it back; what is unknown or odd is no tag.
std::string colour_name(const std::string& text) {
  const bool plain = std::ranges::all_of(
      text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  return plain && text != "unknown" && text != "reserved" ? text : "";
}

std::string language_of(const json& stream) {
  const auto tags = stream.find("tags");
  if (tags == stream.end()) return "";
  const std::string language = text_in(*tags, "language");
  const bool plain =
      language.size() == 3 && std::ranges::all_of(language, [](char c) { return c >= 'a' && c <= 'z'; });
  return plain && language != "und" ? language : "";
}

bool is_picture(const json& stream) {
  const auto disposition = stream.find("disposition");
  return disposition != stream.end() && number_in(*disposition, "attached_pic") != 0;
}

// Degrees by which the file asks to turn its pictures; nothing where there is no such wish.
std::optional<int> rotation_of(const json& stream) {
  const auto list = stream.find("side_data_list");
  if (list == stream.end() || !list->is_array()) return {};
  for (const json& entry : *list)
    if (text_in(entry, "side_data_type") == "Display Matrix") return number_in(entry, "rotation");
  return {};
}

// y4m's letter: which field is shown first.
char interlacing_of(const std::string& field_order) {
  if (field_order == "tt" || field_order == "bt") return 't';
  return field_order == "bb" || field_order == "tb" ? 'b' : 'p';
}

void take_video(const json& stream, const std::filesystem::path& path, MediaFacts& facts) {
  facts.video = number_in(stream, "index");
  facts.codec = text_in(stream, "codec_name");
  facts.pixel_format = text_in(stream, "pix_fmt");
  VideoFormat& format = facts.format;
  format.width = number_in(stream, "width");
  format.height = number_in(stream, "height");
  const auto rotation = rotation_of(stream);
  facts.rotated = rotation.has_value();
  if (rotation && std::abs(*rotation) % 180 == 90) std::swap(format.width, format.height);
  if (format.width < 1 || format.height < 1 || std::int64_t{format.width} * format.height > kMostFramePixels)
    throw FileError(
        path,
        "has pictures of " + std::to_string(format.width) + " x " + std::to_string(format.height) + " pixels",
        "scale it to 8K or less");
  format.time_base = ratio_of(text_in(stream, "time_base"));
  if (!format.time_base.known()) throw FileError(path, "has no time base", "convert it with ffmpeg");
  format.rate = ratio_of(text_in(stream, "avg_frame_rate"));
  const Ratio nominal = ratio_of(text_in(stream, "r_frame_rate"));
  facts.varying_rate =
      format.rate.known() && nominal.known() && std::abs(format.rate.value() / nominal.value() - 1) > 0.001;
  if (!format.rate.known()) format.rate = nominal;
  format.pixel_aspect = ratio_of(text_in(stream, "sample_aspect_ratio"));
  format.colours = {colour_name(text_in(stream, "color_range")), colour_name(text_in(stream, "color_space")),
                    colour_name(text_in(stream, "color_primaries")),
                    colour_name(text_in(stream, "color_transfer"))};
  if (facts.pixel_format.starts_with("yuvj")) format.colours.range = "pc";
  format.interlacing = interlacing_of(text_in(stream, "field_order"));
  facts.frames = whole(text_in(stream, "nb_frames"));
}

void take_stream(const json& stream, const std::filesystem::path& path, MediaFacts& facts, bool& has_video) {
  const std::string kind = text_in(stream, "codec_type");
  if (kind == "video") {
    if (is_picture(stream)) {
      ++facts.pictures;
    } else if (has_video) {
      ++facts.other_videos;
    } else {
      take_video(stream, path, facts);
      has_video = true;
    }
  } else if (kind == "audio" || kind == "subtitle") {
    facts.tracks.push_back(
        {number_in(stream, "index"), kind, text_in(stream, "codec_name"), language_of(stream)});
  } else {
    const auto tags = stream.find("tags");
    if (kind == "attachment" && tags != stream.end() && text_in(*tags, "filename") == kRecordAttachment)
      facts.bauta_record = number_in(stream, "index");
    else
      ++facts.data;
  }
}

// What ffprobe writes of the file.
json ask(const std::filesystem::path& path) {
  ChildProcess::Setup setup;
  setup.arguments = {"ffprobe", "-v", "error", "-print_format", "json", "-show_format", "-show_streams"};
  for (const std::string& argument : input_arguments(path)) setup.arguments.push_back(argument);
  setup.heard = true;
  ChildProcess ffprobe(setup);
  std::vector<std::uint8_t> text(kMostJsonBytes);
  text.resize(DescriptorReader(ffprobe.output(), path).read(text));
  const ChildProcess::End end = ffprobe.wait();
  const json answer = json::parse(text.begin(), text.end(), nullptr, false);
  if (!end.well || !answer.is_object() || !answer.contains("streams") || !answer["streams"].is_array())
    throw FileError(path,
                    "is no video that ffmpeg can read" + (end.said.empty() ? "" : " (" + end.said + ")"),
                    "convert it, or send it as y4m");
  return answer;
}

}  // namespace

std::vector<std::string> input_arguments(const std::filesystem::path& path) {
  return {"-protocol_whitelist", "file", "-i", "file:" + path.string()};
}

MediaFacts probe(const std::filesystem::path& path) {
  InputFile(path).size();  // missing, a folder, a pipe: said as for every other file
  const json answer = ask(path);
  MediaFacts facts;
  bool has_video = false;
  const auto format = answer.find("format");
  if (format != answer.end()) {
    facts.container = text_in(*format, "format_name");
    const std::string start = text_in(*format, "start_time");
    if (!start.empty() && start.find_first_not_of("-0123456789.") == start.npos) facts.start = start;
  }
  if (facts.container.find("image2") != facts.container.npos || facts.container.ends_with("_pipe"))
    throw FileError(path, "is taken for a picture, no video (" + facts.container + ")",
                    "name a video, or use bauta deid for pictures");
  for (const std::string list : {"hls", "concat", "dash", "lavfi"})
    if (facts.container.find(list) != facts.container.npos)
      throw FileError(path, "is no video but a list of others (" + facts.container + ")",
                      "name the video itself");
  for (const json& stream : answer["streams"])
    if (stream.is_object()) take_stream(stream, path, facts, has_video);
  if (!has_video) throw FileError(path, "has no video in it", "name a video, or use bauta deid for pictures");
  if (!facts.frames && format != answer.end()) {
    const double seconds = seconds_of(text_in(*format, "duration"));
    if (seconds > 0 && facts.format.rate.known())
      facts.frames = std::llround(seconds * facts.format.rate.value());
  }
  facts.format.layout = natural_layout(facts);
  return facts;
}

PixelLayout natural_layout(const MediaFacts& facts) {
  const std::string& name = facts.pixel_format;
  const auto has = [&name](const char* part) { return name.find(part) != name.npos; };
  if (has("rgb") || has("bgr") || has("gbr") || name == "pal8") return PixelLayout::Rgb;
  if (name.starts_with("gray") || name.starts_with("mono")) return PixelLayout::Grey;
  if (has("444") || has("p4")) return PixelLayout::Yuv444;
  if (has("422") || has("p2") || has("440")) return PixelLayout::Yuv422;
  return PixelLayout::Yuv420;
}

bool may_keep_every_bit(const MediaFacts& facts) {
  // The last four where they were told to lose nothing: the faces' tags tell.
  static constexpr std::array kCodecs{"ffv1", "rawvideo", "huffyuv", "ffvhuff", "utvideo", "magicyuv",
                                      "png",  "h264",     "hevc",    "vp9",     "av1"};
  static constexpr std::array kFormats{"bgr0",  "bgra", "rgb24", "bgr24", "gbrp",
                                       "gbrap", "rgba", "rgb0",  "0rgb",  "argb"};
  return std::ranges::find(kCodecs, facts.codec) != kCodecs.end() &&
         std::ranges::find(kFormats, facts.pixel_format) != kFormats.end();
}

}  // namespace bauta
