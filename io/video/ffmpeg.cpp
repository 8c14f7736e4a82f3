#include "io/video/ffmpeg.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "io/file_error.h"

namespace bauta {
namespace {

constexpr int kGiven = 3, kSecondGiven = 4;  // descriptors of the child's

std::vector<std::string> begin_ffmpeg() {
  return {"ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y"};
}

void add(std::vector<std::string>& arguments, std::initializer_list<std::string> more) {
  arguments.insert(arguments.end(), more);
}

std::string path_of_given(int number) { return "/proc/self/fd/" + std::to_string(number); }

std::string text_of(const Ratio& ratio) {
  return std::to_string(ratio.numerator) + "/" + std::to_string(ratio.denominator);
}

// `full`: of full range, which for planes of YUV has a name of its own, so that nothing is converted.
std::string pixel_format_of(PixelLayout layout, bool full) {
  switch (layout) {
    case PixelLayout::Grey:
      return "gray";
    case PixelLayout::Yuv420:
      return full ? "yuvj420p" : "yuv420p";
    case PixelLayout::Yuv422:
      return full ? "yuvj422p" : "yuv422p";
    case PixelLayout::Yuv444:
      return full ? "yuvj444p" : "yuv444p";
    case PixelLayout::Rgb:
      return "rgb24";
  }
  throw std::invalid_argument("there is no such pixel layout");
}

std::string reason_of(const ChildProcess::End& end) { return end.said.empty() ? end.how : end.said; }

std::int64_t rescaled(std::int64_t time, const Ratio& from, const Ratio& to) {
  if (from == to) return time;
  const auto scale = static_cast<long double>(from.numerator) / static_cast<long double>(from.denominator) *
                     static_cast<long double>(to.denominator) / static_cast<long double>(to.numerator);
  return std::llroundl(static_cast<long double>(time) * scale);
}

}  // namespace

// ---- reading

FfmpegSource::FfmpegSource(const std::filesystem::path& path, const MediaFacts& facts,
                           const DecodeOptions& options)
    : path_(path) {
  ChildProcess::Setup setup;
  setup.arguments = begin_ffmpeg();
  for (const std::string& argument : input_arguments(path)) setup.arguments.push_back(argument);
  const std::string size = std::to_string(facts.format.width) + ":" + std::to_string(facts.format.height);
  add(setup.arguments,
      {"-map", "0:" + std::to_string(facts.video), "-vf",
       "scale=" + size + ":flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp:interl=-1", "-pix_fmt",
       pixel_format_of(options.layout, facts.pixel_format.starts_with("yuvj"))});
  if (options.regular)
    add(setup.arguments, {"-fps_mode", "cfr", "-r", text_of(facts.format.rate)});
  else
    add(setup.arguments, {"-fps_mode", "passthrough", "-enc_time_base", text_of(facts.format.time_base)});
  add(setup.arguments, {"-c:v", "rawvideo", "-f", "nut", "pipe:1"});
  setup.heard = true;
  child_ = std::make_unique<ChildProcess>(setup);
  format_ = facts.format;
  format_.layout = options.layout;
  expected_ = facts.frames;
  try {
    reader_.emplace(child_->output(), path, options.layout, options.stop);
  } catch (const FileError&) {
    const ChildProcess::End end = child_->wait();
    child_.reset();
    throw FileError(path, "cannot be decoded by ffmpeg (" + reason_of(end) + ")",
                    "try another copy, or convert it first");
  }
  if (options.regular) format_.time_base = {facts.format.rate.denominator, facts.format.rate.numerator};
  format_.pixel_aspect = reader_->format().pixel_aspect;
  if (reader_->format().width != format_.width || reader_->format().height != format_.height)
    throw FileError(path, "comes from ffmpeg in another size than it has", "convert it first");
}

bool FfmpegSource::read(VideoFrame& frame) {
  if (!child_) return false;
  try {
    if (reader_->read(frame)) {
      // ffmpeg sends times in a finer base than it was told.
      frame.time = rescaled(frame.time, reader_->format().time_base, format_.time_base);
      any_ = true;
      return true;
    }
  } catch (const FileError&) {
    end();  // says better why
    throw;
  }
  end();
  return false;
}

void FfmpegSource::end() {
  const ChildProcess::End end = child_->wait();
  child_.reset();
  if (!end.well)
    throw FileError(path_, "ffmpeg could not read it to its end (" + reason_of(end) + ")",
                    "try another copy; nothing was written");
  if (!any_) throw FileError(path_, "has no frame that ffmpeg can read", "try another copy");
  if (!end.said.empty()) damage_ = end.said;
}

// ---- writing

namespace {

struct Container {
  const char* suffix;
  const char* muxer;
  std::array<const char*, 4> codecs;  // the usual one first; null: no more
};
constexpr std::array<Container, 5> kContainers{{{".mp4", "mp4", {"h264", "h265", nullptr, nullptr}},
                                                {".m4v", "mp4", {"h264", "h265", nullptr, nullptr}},
                                                {".mov", "mov", {"h264", "h265", nullptr, nullptr}},
                                                {".mkv", "matroska", {"h264", "h265", "vp9", "ffv1"}},
                                                {".webm", "webm", {"vp9", nullptr, nullptr, nullptr}}}};

const Container& container_of(const std::filesystem::path& path) {
  std::string suffix = path.extension().string();
  std::ranges::transform(suffix, suffix.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto* found =
      std::ranges::find_if(kContainers, [&](const Container& one) { return suffix == one.suffix; });
  if (found == kContainers.end())
    throw FileError(path, "ends in no video format that bauta writes",
                    "name an .mp4, .mov, .mkv, .webm or .y4m file");
  return *found;
}

bool is_in(const std::string& name, std::initializer_list<const char*> names) {
  return std::ranges::find(names, name) != names.end();
}

// What the container has a subtitle track as; nothing: it can't.
std::optional<std::string> subtitle_codec(const std::string& muxer, const std::string& codec) {
  const bool text = is_in(codec, {"subrip", "srt", "ass", "ssa", "webvtt", "mov_text", "text"});
  if (muxer == "matroska") return codec == "mov_text" ? "srt" : "copy";
  if (!text) return {};
  if (muxer == "webm") return codec == "webvtt" ? "copy" : "webvtt";
  return codec == "mov_text" ? "copy" : "mov_text";
}

bool holds_sound(const std::string& muxer, const std::string& codec) {
  if (muxer == "webm") return is_in(codec, {"opus", "vorbis"});
  if (muxer == "mp4") return !codec.starts_with("pcm_") && codec != "vorbis";
  return true;
}

void require_tracks(const std::filesystem::path& path, const Container& container,
                    const EncodeOptions& options) {
  if (!options.copied) return;
  for (const MediaTrack& track : options.copied_facts.tracks) {
    const bool fits = track.kind == "audio" ? holds_sound(container.muxer, track.codec)
                                            : subtitle_codec(container.muxer, track.codec).has_value();
    if (!fits)
      throw FileError(path,
                      std::string("cannot hold the ") + (track.kind == "audio" ? "sound" : "subtitles") +
                          " of " + options.copied->string() + " (" + track.codec + ")",
                      "name an .mkv file with --out");
  }
}

// Where chroma is shared by two pixels, these codecs want whole pairs.
bool wants_even_sides(const std::string& codec) { return codec == "h264" || codec == "h265"; }

}  // namespace

std::string codec_for(const std::filesystem::path& path, const EncodeOptions& options) {
  const Container& container = container_of(path);
  require_tracks(path, container, options);
  if (options.codec.empty()) return container.codecs.front();
  for (const char* codec : container.codecs)
    if (codec && options.codec == codec) return codec;
  throw FileError(path, "cannot hold " + options.codec, "name an .mkv file with --out, or another --codec");
}

bool has_fields(const std::string& codec) { return codec == "h264" || codec == "ffv1"; }

FfmpegSink::FfmpegSink(const std::filesystem::path& path, const VideoFormat& format, EncodeOptions options,
                       bool overwrite)
    : path_(path), format_(format), options_(std::move(options)), file_(path, overwrite) {
  options_.codec = codec_for(path, options_);
  if (wants_even_sides(options_.codec) && (format.width % 2 != 0 || format.height % 2 != 0) &&
      format.layout != PixelLayout::Yuv444)
    throw FileError(path,
                    options_.codec + " has no pictures of odd sides (" + std::to_string(format.width) +
                        " x " + std::to_string(format.height) + ")",
                    "name an .mkv file with --codec vp9 or ffv1");
  ChildProcess::Setup setup;
  setup.arguments = arguments();
  setup.fed = true;
  if (options_.record >= 0) without_record_ = unnamed_file(path);
  setup.given = {{options_.record >= 0 ? without_record_.number() : file_.descriptor(), kGiven}};
  child_ = std::make_unique<ChildProcess>(setup);
  try {
    writer_ = std::make_unique<NutWriter>(child_->input(), path, format_);
  } catch (const FileError&) {
    end_child();
    throw;
  }
}

std::vector<std::string> FfmpegSink::arguments() const {
  std::vector<std::string> all = begin_ffmpeg();
  // Times as they are: ours count from where the other file's first track begins.
  add(all, {"-copyts", "-f", "nut", "-i", "pipe:0"});
  const auto& tracks = options_.copied_facts.tracks;
  if (options_.copied && !tracks.empty()) {
    const std::string& start = options_.copied_facts.start;
    add(all, {"-itsoffset", start.starts_with('-') ? start.substr(1) : std::string("-").append(start)});
    for (const std::string& argument : input_arguments(*options_.copied)) all.push_back(argument);
  }
  add(all, {"-map", "0:0"});
  const std::string muxer = container_of(path_).muxer;
  int number = 0;
  if (options_.copied)
    for (const MediaTrack& track : tracks) {
      const std::string output = std::string(":").append(std::to_string(++number));
      add(all, {"-map", "1:" + std::to_string(track.index), "-c" + output,
                track.kind == "audio" ? "copy" : *subtitle_codec(muxer, track.codec)});
      if (!track.language.empty()) add(all, {"-metadata:s" + output, "language=" + track.language});
    }
  add(all, {"-map_metadata", "-1", "-map_metadata:s", "-1", "-map_metadata:c", "-1", "-map_chapters", "-1"});

  const bool lossless = options_.codec == "ffv1", rgb = format_.layout == PixelLayout::Rgb;
  ColourTags tags = format_.colours;
  std::string filter, pixels = pixel_format_of(format_.layout, false);
  if (rgb) {
    tags.space = lossless ? "gbr" : "bt709";
    tags.range = lossless ? "pc" : "tv";
    pixels = lossless ? "bgr0" : "yuv420p";
    if (!lossless) filter = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,";
  }
  filter += "setparams=range=" + (tags.range.empty() ? "unknown" : tags.range);
  if (!tags.space.empty()) filter += ":colorspace=" + tags.space;
  if (!tags.primaries.empty()) filter += ":color_primaries=" + tags.primaries;
  if (!tags.transfer.empty()) filter += ":color_trc=" + tags.transfer;
  const bool fields = format_.interlacing != 'p' && has_fields(options_.codec);
  if (fields) filter += std::string(":field_mode=") + (format_.interlacing == 'b' ? "bff" : "tff");
  add(all, {"-vf", filter, "-pix_fmt:v", pixels, "-fps_mode", "passthrough", "-enc_time_base",
            text_of(format_.time_base)});

  const std::string quality = std::to_string(options_.quality);
  if (options_.codec == "h264") add(all, {"-c:0", "libx264", "-preset", options_.preset, "-crf", quality});
  if (options_.codec == "h265")
    add(all, {"-c:0", "libx265", "-preset", options_.preset, "-crf", quality, "-x265-params",
              "log-level=error", "-tag:0", "hvc1"});
  if (options_.codec == "vp9")
    add(all, {"-c:0", "libvpx-vp9", "-b:v", "0", "-crf", quality, "-deadline", "realtime", "-cpu-used", "5",
              "-row-mt", "1"});
  if (lossless) add(all, {"-c:0", "ffv1", "-level", "3", "-g", "1", "-slices", "4", "-slicecrc", "1"});
  add(all, {"-fflags", "+bitexact", "-flags:v", fields ? "+bitexact+ilme+ildct" : "+bitexact"});
  if (muxer == "mp4" || muxer == "mov") add(all, {"-movflags", "+faststart"});
  add(all, {"-f", muxer, path_of_given(kGiven)});
  return all;
}

void FfmpegSink::write(const VideoFrame& frame) {
  try {
    writer_->write(frame);
  } catch (const FileError&) {
    end_child();  // says better why
    throw;
  }
}

// Throws unless it ended well.
void FfmpegSink::end_child() {
  const ChildProcess::End end = child_->wait(options_.stop);
  child_.reset();
  if (!end.well)
    throw FileError(path_, "ffmpeg could not write it (" + reason_of(end) + ")",
                    "make room on the disk, or name an .mkv file");
}

void FfmpegSink::finish() {
  end_child();
  if (options_.record >= 0) attach();
  file_.commit();
}

// Attachments stand at a file's beginning, and what this one says is known at the end.
void FfmpegSink::attach() {
  ChildProcess::Setup setup;
  setup.arguments = begin_ffmpeg();
  add(setup.arguments, {"-copyts",
                        "-f",
                        "matroska",
                        "-i",
                        path_of_given(kGiven),
                        "-map",
                        "0",
                        "-c",
                        "copy",
                        "-map_metadata:g",
                        "-1",
                        "-attach",
                        path_of_given(kSecondGiven + 1),
                        "-metadata:s:t:0",
                        "mimetype=application/jsonl",
                        "-metadata:s:t:0",
                        std::string("filename=") + kRecordAttachment,
                        "-fflags",
                        "+bitexact",
                        "-f",
                        "matroska",
                        path_of_given(kSecondGiven)});
  setup.given = {{without_record_.number(), kGiven},
                 {file_.descriptor(), kSecondGiven},
                 {options_.record, kSecondGiven + 1}};
  child_ = std::make_unique<ChildProcess>(setup);
  end_child();
}

Descriptor read_record(const std::filesystem::path& path, const MediaFacts& facts) {
  const char* folder = std::getenv("TMPDIR");
  Descriptor record = unnamed_file(std::filesystem::path(folder ? folder : "/tmp") / "record");
  ChildProcess::Setup setup;
  setup.arguments = begin_ffmpeg();
  add(setup.arguments,
      {"-dump_attachment:" + std::to_string(facts.bauta_record.value()), path_of_given(kGiven)});
  for (const std::string& argument : input_arguments(path)) setup.arguments.push_back(argument);
  // ffmpeg wants something to do beside it.
  add(setup.arguments,
      {"-map", "0:" + std::to_string(facts.video), "-frames:v", "1", "-c", "copy", "-f", "null", "-"});
  setup.given = {{record.number(), kGiven}};
  ChildProcess child(setup);
  const ChildProcess::End end = child.wait();
  if (!end.well)
    throw FileError(path, "its regions cannot be read by ffmpeg (" + reason_of(end) + ")",
                    "fetch a whole copy");
  ::lseek(record.number(), 0, SEEK_SET);
  return record;
}

}  // namespace bauta
