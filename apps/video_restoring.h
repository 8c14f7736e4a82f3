// What bauta video --restore does with every frame.
#pragma once

#include <filesystem>

#include "apps/video_work.h"
#include "cyclegan/video/region_lines.h"

namespace bauta {

// Where the faces of a keyed video are, and what opens them.
struct KeyedVideo {
  const SecretKey* of_faces = nullptr;
  std::vector<int> residuals;  // of the faces' regions, as far as they are known
  // What the video says of itself, and its key; null: nothing, every frame is searched.
  const RegionLines* lines = nullptr;
  const VideoKey* key = nullptr;
};

// Brings the faces back; the sink is not finished. A frame that the lines do not know, of a video that was
// edited, is searched for its faces, and what opens is restored; a line says so once. path: for messages.
// Throws what source and sink throw, and CannotOpen for a face that must be there and does not open.
VideoOutcome restore_video(const std::filesystem::path& path, VideoSource& source, const VideoOutput& output,
                           const CommonOptions& common, const KeyedVideo& keyed);

}  // namespace bauta
