// Videos of any kind read and written by the program ffmpeg, which runs beside us; pictures go through pipes.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "io/atomic_file.h"
#include "io/child_process.h"
#include "io/video/media_file.h"
#include "io/video/nut.h"

namespace bauta {

struct DecodeOptions {
  PixelLayout layout = PixelLayout::Yuv420;
  bool regular = false;  // repeats and leaves out frames so that they come at the average rate
  int stop = -1;         // of DescriptorReader
};

// The first video track. Rotation is applied, pictures keep one size, times are those that the file has,
// counted from where its first track begins.
class FfmpegSource final : public VideoSource {
 public:
  // Throws FileError, ProgramMissing.
  FfmpegSource(const std::filesystem::path& path, const MediaFacts& facts, const DecodeOptions& options);

  bool read(VideoFrame& frame) override;
  std::string damage() override { return damage_; }

 private:
  void end();

  std::filesystem::path path_;
  std::unique_ptr<ChildProcess> child_;
  std::optional<NutReader> reader_;
  bool any_ = false;
  std::string damage_;
};

struct EncodeOptions {
  std::string codec;                // h264, h265, vp9, ffv1; empty: the container's usual one
  int quality = 18;                 // constant rate factor, of the lossy ones; the lower the better
  std::string preset = "veryfast";  // of h264 and h265
  // Where sound and subtitles come from; nothing else of it is taken along.
  std::optional<std::filesystem::path> copied;
  MediaFacts copied_facts;
  int record = -1;  // descriptor of a file that is complete before finish(), to be attached
  int stop = -1;    // of ChildProcess::wait: finish() throws Stopped, too
};

// The codec that `options` means for this file name. Throws FileError for a name that ends in no known
// container, for a codec that it can't hold, and for tracks that it can't.
std::string codec_for(const std::filesystem::path& path, const EncodeOptions& options);

// Whether a codec tells players that frames are two fields.
bool has_fields(const std::string& codec);

class FfmpegSink final : public VideoSink {
 public:
  // Throws FileError, ProgramMissing.
  FfmpegSink(const std::filesystem::path& path, const VideoFormat& format, EncodeOptions options,
             bool overwrite);

  void write(const VideoFrame& frame) override;
  void finish() override;

 private:
  std::vector<std::string> arguments() const;
  void end_child();
  void attach();

  std::filesystem::path path_;
  VideoFormat format_;
  EncodeOptions options_;
  AtomicFile file_;
  Descriptor without_record_;  // what is written first where something is to be attached
  std::unique_ptr<ChildProcess> child_;
  std::unique_ptr<NutWriter> writer_;
};

// What is in the record's attachment, as a file without a name. Throws FileError.
Descriptor read_record(const std::filesystem::path& path, const MediaFacts& facts);

}  // namespace bauta
