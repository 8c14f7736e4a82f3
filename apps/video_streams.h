// Where a video comes from and goes to, by what its path says: "-" and .y4m are y4m, all else ffmpeg's.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "io/video/ffmpeg.h"

namespace bauta {

bool is_standard_stream(const std::filesystem::path& path);  // "-"
bool is_y4m(const std::filesystem::path& path);              // that, or NAME.y4m

// An opened input.
struct VideoInput {
  std::optional<MediaFacts> facts;  // of a file that ffmpeg reads
  std::unique_ptr<VideoSource> source;
};

// What the frames are wanted for.
struct VideoWish {
  bool rgb = false;   // bit for bit as RGB
  std::string codec;  // of EncodeOptions; empty: the container's usual one
  int quality = 18;
  std::string preset = "veryfast";
  bool force = false;
  int stop = -1;  // of DescriptorReader
};

// Facts of a file that ffmpeg is to read; nothing for y4m. Throws FileError, ProgramMissing.
std::optional<MediaFacts> look_at(const std::filesystem::path& in);
// Opens it so that `out` can hold what comes. Throws the same.
VideoInput open_input(const std::filesystem::path& in, std::optional<MediaFacts> facts,
                      const std::filesystem::path& out, const VideoWish& wish);
// record: a descriptor to be attached, or -1. Sound and subtitles of the input's file are taken along.
std::unique_ptr<VideoSink> open_output(const std::filesystem::path& out, const std::filesystem::path& in,
                                       const VideoInput& input, const VideoFormat& format,
                                       const VideoWish& wish, int record);
// What is not taken along or becomes something else, a line each.
std::vector<std::string> left_out(const MediaFacts& facts, const std::filesystem::path& out,
                                  const VideoWish& wish);

}  // namespace bauta
