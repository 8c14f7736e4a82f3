// What a keyed video is under.
//
// Each video has a random key of its own, wrapped for whoever may restore it in the record that the video
// carries (region_lines.h), as a locked file's is (io/locked_header.h). Its faces are under that key; or,
// where one key file alone opens it, under the key in that file, which then finds them by their pixels, too,
// should the record be lost.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cyclegan/anonymizer/hiding.h"
#include "io/locked_header.h"
#include "io/video/frame.h"

namespace bauta {

// Tells a frame, as it was written, from all others; for whoever may restore the video. To others it says
// nothing, not even whether a frame looked like this, should it be blackened afterwards.
using FrameMark = std::uint64_t;

struct VideoLock {
  LockedHeader ways;
  bool own_key = true;  // the faces are under the key file's own key
};

class VideoKey {
 public:
  // Of a new video. Throws std::bad_alloc if there is no memory to try a passphrase.
  static VideoKey make(const Closer& closer, const std::vector<PublicKey>& recipients);
  // Nothing if it is for others. Throws the same.
  static std::optional<VideoKey> open(const VideoLock& lock, const Opener& opener);

  const VideoLock& lock() const { return lock_; }
  // What the faces are hidden and restored by.
  const SecretKey& of_faces() const { return of_faces_; }
  FrameMark mark(const VideoFrame& frame) const;

 private:
  VideoKey(VideoLock lock, const SecretKey& video, const SecretKey& of_faces);

  VideoLock lock_;
  SecretKey of_faces_, of_marks_;
};

}  // namespace bauta
