#include "apps/video_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "io/file_error.h"
#include "io/video/y4m.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;

// A y4m file or pipe by its name.
class Y4mFile final : public VideoSource {
 public:
  Y4mFile(const fs::path& path, int stop) : file_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!file_.open())
      throw FileError(path, "cannot be read (" + std::generic_category().message(errno) + ")",
                      "check its name and whether you may read it");
    reader_ = std::make_unique<Y4mReader>(file_.number(), path, stop);
    format_ = reader_->format();
  }
  bool read(VideoFrame& frame) override { return reader_->read(frame); }

 private:
  Descriptor file_;
  std::unique_ptr<Y4mReader> reader_;
};

// A y4m file that appears when it is complete.
class Y4mFileSink final : public VideoSink {
 public:
  Y4mFileSink(const fs::path& path, const VideoFormat& format, bool overwrite)
      : file_(path, overwrite), writer_(file_.descriptor(), path, format) {}
  void write(const VideoFrame& frame) override { writer_.write(frame); }
  void finish() override { file_.commit(); }

 private:
  AtomicFile file_;
  Y4mWriter writer_;
};

PixelLayout layout_for(const MediaFacts& facts, const fs::path& out, const VideoWish& wish) {
  if (wish.rgb) return PixelLayout::Rgb;
  if (facts.format.layout != PixelLayout::Rgb) return facts.format.layout;
  if (is_y4m(out)) return PixelLayout::Yuv444;
  return wish.codec == "ffv1" ? PixelLayout::Rgb : PixelLayout::Yuv420;
}

bool keeps_fields(const fs::path& out, const VideoWish& wish) {
  EncodeOptions encode;
  encode.codec = wish.codec;
  return has_fields(codec_for(out, encode));
}

}  // namespace

bool is_standard_stream(const fs::path& path) { return path == "-"; }

bool is_y4m(const fs::path& path) { return is_standard_stream(path) || path.extension() == ".y4m"; }

std::optional<MediaFacts> look_at(const fs::path& in) {
  return is_y4m(in) ? std::nullopt : std::optional(probe(in));
}

VideoInput open_input(const fs::path& in, std::optional<MediaFacts> facts, const fs::path& out,
                      const VideoWish& wish) {
  VideoInput input;
  if (is_standard_stream(in)) {
    input.source = std::make_unique<Y4mReader>(STDIN_FILENO, "standard input", wish.stop);
  } else if (is_y4m(in)) {
    input.source = std::make_unique<Y4mFile>(in, wish.stop);
  } else {
    DecodeOptions decode;
    decode.layout = layout_for(*facts, out, wish);
    decode.regular = is_y4m(out);
    decode.stop = wish.stop;
    input.source = std::make_unique<FfmpegSource>(in, *facts, decode);
  }
  input.facts = std::move(facts);
  return input;
}

std::unique_ptr<VideoSink> open_output(const fs::path& out, const fs::path& in, const VideoInput& input,
                                       const VideoFormat& format, const VideoWish& wish, int record) {
  if (is_standard_stream(out)) return std::make_unique<Y4mWriter>(STDOUT_FILENO, "standard output", format);
  if (is_y4m(out)) return std::make_unique<Y4mFileSink>(out, format, wish.force);
  EncodeOptions encode;
  encode.codec = wish.codec;
  encode.quality = wish.quality;
  encode.preset = wish.preset;
  encode.record = record;
  encode.stop = wish.stop;
  if (input.facts) {
    encode.copied = in;
    encode.copied_facts = *input.facts;
  }
  return std::make_unique<FfmpegSink>(out, format, std::move(encode), wish.force);
}

std::vector<std::string> left_out(const MediaFacts& facts, const fs::path& out, const VideoWish& wish) {
  std::vector<std::string> lines;
  const auto add = [&lines](int count, const std::string& what) {
    if (count > 0) lines.push_back(std::to_string(count) + " " + what + " left out");
  };
  add(facts.other_videos, "other video track(s), which would show faces,");
  add(facts.pictures, "attached picture(s), which may show faces,");
  add(facts.data, "data track(s) and attachments");
  if (is_y4m(out) && !facts.tracks.empty())
    lines.push_back("y4m holds neither sound nor subtitles: they are left out");
  if (is_y4m(out) && facts.varying_rate)
    lines.push_back("y4m has one frame rate: frames are repeated or left out to keep the time");
  const auto has = [&facts](const char* part) {
    return facts.pixel_format.find(part) != facts.pixel_format.npos;
  };
  if (has("p10") || has("p12") || has("p16") || has("p14") || has("48") || has("64") || has("16le"))
    lines.push_back("its " + facts.pixel_format + " becomes 8 bits a sample");
  if (wish.rgb && !facts.pixel_format.starts_with("bgr0") && natural_layout(facts) != PixelLayout::Rgb)
    lines.push_back("frames become RGB, as which they come back bit for bit");
  if (facts.format.interlacing != 'p' && !is_y4m(out) && !keeps_fields(out, wish))
    lines.push_back(
        "is interlaced, and its output's codec has no fields: both are covered, and written woven into one "
        "picture; name an .mp4 or .mkv file, without --codec, to keep them");
  return lines;
}

}  // namespace bauta
