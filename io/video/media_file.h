// What is in a video file, by the program ffprobe.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "io/video/stream.h"

namespace bauta {

struct MediaTrack {
  int index = 0;         // in the file
  std::string kind;      // "audio", "subtitle"
  std::string codec;     // ffmpeg's name
  std::string language;  // three letters; empty: none named
};

struct MediaFacts {
  std::string container;      // ffmpeg's names: "mov,mp4,m4a,3gp,3g2,mj2"
  std::string start = "0";    // of the first track, seconds, as ffprobe writes them
  int video = 0;              // the video track's index
  std::string codec;          // ffmpeg's name
  std::string pixel_format;   // ffmpeg's name
  VideoFormat format;         // as it is shown, once a rotation is applied
  bool rotated = false;       // the file asks players to turn or mirror it
  bool varying_rate = false;  // frames come at irregular times, as far as the file says
  std::optional<std::int64_t> frames;
  std::vector<MediaTrack> tracks;   // that a copy takes along: sound and subtitles
  int other_videos = 0;             // that it does not: beside the first
  int pictures = 0;                 // nor: covers, thumbnails
  int data = 0;                     // nor: positions, attachments, chapters' tracks
  std::optional<int> bauta_record;  // the attachment in which a keyed video has its regions
};

// Throws FileError for what is no video, and ProgramMissing. Nothing but the file itself is opened: no
// playlist's entry, no address.
MediaFacts probe(const std::filesystem::path& path);

// The layout that holds the file's pictures in 8 bits with its chroma.
PixelLayout natural_layout(const MediaFacts& facts);
// Whether it is RGB of 8 bits, of a codec that gives back every bit that went in, or can if told so.
bool may_keep_every_bit(const MediaFacts& facts);

// The name of the attachment.
inline constexpr const char* kRecordAttachment = "bauta-regions.jsonl";

// The arguments that let ffmpeg or ffprobe open this file, and no other and no address.
std::vector<std::string> input_arguments(const std::filesystem::path& path);

}  // namespace bauta
