// Frames on their way: read ahead by one thread, written by another, with a bounded number of them between.
#pragma once

#include <exception>
#include <optional>
#include <thread>
#include <vector>

#include "apps/bounded_queue.h"
#include "io/video/stream.h"

namespace bauta {

// Reads ahead of who takes the frames. The source must outlive it, and belongs to it meanwhile.
class FrameReader {
 public:
  FrameReader(VideoSource& source, std::size_t ahead);
  ~FrameReader();

  // Up to `most` frames, at least one; none at the end. Throws what reading threw.
  std::vector<VideoFrame> take(std::size_t most);
  double waited() const { return waited_; }  // seconds

 private:
  BoundedQueue<VideoFrame> queue_;
  std::exception_ptr error_;  // set before the queue is closed
  double waited_ = 0;
  std::jthread thread_;
};

// Writes behind who gives the frames.
class FrameWriter {
 public:
  FrameWriter(VideoSink& sink, std::size_t behind);
  ~FrameWriter();

  // Throws what writing threw, of an earlier frame perhaps.
  void give(VideoFrame frame);
  // All are written when it returns; the sink is not finished. Throws what writing threw.
  void drain();
  double waited() const { return waited_; }

 private:
  void rethrow();

  BoundedQueue<VideoFrame> queue_;
  std::exception_ptr error_;
  double waited_ = 0;
  std::jthread thread_;
};

}  // namespace bauta
