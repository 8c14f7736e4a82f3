// What bauta video does with every frame: faces found, followed, covered.
#pragma once

#include <filesystem>

#include "apps/frame_faces.h"
#include "apps/video_work.h"
#include "cyclegan/video/checked_colours.h"
#include "cyclegan/video/video_key.h"

namespace bauta {

struct CoverOptions {
  ColourWish colours;  // of a face
  double hold = 0.5;   // seconds that a face is covered before and after it was found
  double refresh = 0;  // seconds after which a face's colours are taken anew; 0: never
  int every = 1;       // frames from one that is looked at to the next
  float score = 0.6f;
  bool only_boxes = false;  // draws what would be covered instead
};

// What is written under a key.
struct KeyedOutput {
  const VideoKey* key = nullptr;
  int record =
      -1;  // to which each frame's regions are written, a line a frame (cyclegan/video/region_lines.h)
};

// Reads all frames and writes them covered; the sink is not finished. path: for messages. keyed: null, one
// way. Throws what source and sink throw, and FileError for a face that is recognized even through one grey.
VideoOutcome cover_video(const std::filesystem::path& path, VideoSource& source, const VideoOutput& output,
                         const FrameFaces& finder, const CoverOptions& options, const CommonOptions& common,
                         const KeyedOutput* keyed);

}  // namespace bauta
