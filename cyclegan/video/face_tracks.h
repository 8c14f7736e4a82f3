// Which boxes to cover in each frame of a video, out of what a detector finds in its frames. A detector
// misses a face here and there: turned away, in motion, behind a hand. So a face is covered from some frames
// before it was first found until some after it was last, and in between.
//
//   frame      ..  f-3   f-2   f-1    f    f+1   f+2  ..
//   found                             x     .     x        .: missed
//   covered     >     >     >     >   x     ~     x   <    >, <: within reach of a sight; ~: between two
//
// Frames are handed in one by one and decided `delay` frames later, so what is kept does not grow with the
// video.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "cyclegan/video/motion.h"
#include "io/box.h"

namespace bauta {

struct FaceSight {
  Box box;
  float score = 1;
};

struct TrackOptions {
  float score = 0.6f;  // of what begins a track
  int reach = 15;  // frames a face is covered before and after it was found, and gaps that are interpolated
  int smoothing = 3;  // frames before and after, over which boxes are smoothed
};

// A face to be covered in a frame.
struct FacePlace {
  int track = 0;               // the same face's number, as long as it is followed
  Box box;                     // holds what was found in this frame; may stick out of the picture
  std::optional<float> found;  // in this very frame: with this score
  std::int64_t first = 0;      // the frame in which it was first surely found, at most `delay` ahead
  Box first_box;               // and where
};

// Pure of pictures. Detections are assigned to tracks greedily, the best overlap first: where that differs
// from the best assignment as a whole (Hungarian), faces overlap, both stay covered whichever is which, and a
// track's name matters to nobody. Detections surer than `score` begin tracks; weaker ones go on with what is
// there (ByteTrack, Zhang et al. 2022), also backwards from where a track begins.
class FaceTracks {
 public:
  // Throws std::invalid_argument unless reach >= 1 and smoothing >= 0.
  explicit FaceTracks(const TrackOptions& options);

  // Detections with a lower score are not looked at.
  float least_score() const { return options_.score / 2; }
  // Frames by which decisions lag behind what was added.
  int delay() const;

  // The next frame; nothing: the detector did not look at it.
  void add(const std::optional<std::vector<FaceSight>>& sights);
  // No more frames come.
  void finish() { finished_ = true; }

  // The next frame's places, by track, once it is decided; nothing before. Each frame once, from 0.
  std::optional<std::vector<FacePlace>> next();

  // Tracks begun so far.
  int tracks() const { return count_; }

 private:
  struct Seen {
    std::int64_t frame;
    CentredBox box;
    float score;
  };
  struct Track {
    int number;
    BoxMotion motion;
    std::deque<Seen> seen;
    std::int64_t first;
    Box first_box;
    std::int64_t last() const { return seen.back().frame; }
  };
  void match(std::vector<FaceSight>& sights, std::vector<bool>& used, std::vector<bool>& matched, bool sure);
  void match_nearby(std::vector<FaceSight>& sights, std::vector<bool>& used, std::vector<bool>& matched);
  void see(Track& track, const FaceSight& sight);
  void begin(const FaceSight& sight);
  void extend_back(Track& track);
  static std::optional<CentredBox> tail(const Track& track, std::int64_t frame, std::size_t from, int reach);
  std::optional<CentredBox> place(const Track& track, std::int64_t frame) const;
  std::optional<CentredBox> smoothed(const Track& track, std::int64_t frame) const;
  void forget();

  TrackOptions options_;
  std::int64_t added_ = 0, decided_ = 0;
  bool finished_ = false;
  int count_ = 0;
  std::vector<Track> tracks_;
  std::deque<Seen> weak_;
};

}  // namespace bauta
