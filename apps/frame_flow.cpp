#include "apps/frame_flow.h"

#include <chrono>

namespace bauta {
namespace {

// Adds the time until it is destroyed.
class Timed {
 public:
  explicit Timed(double& seconds) : seconds_(seconds) {}
  ~Timed() { seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

FrameReader::FrameReader(VideoSource& source, std::size_t ahead) : queue_(ahead) {
  thread_ = std::jthread([this, &source] {
    try {
      for (VideoFrame frame; source.read(frame); frame = {})
        if (!queue_.push(std::move(frame))) return;
    } catch (...) {
      error_ = std::current_exception();
    }
    queue_.close();
  });
}

FrameReader::~FrameReader() { queue_.abandon(); }

std::vector<VideoFrame> FrameReader::take(std::size_t most) {
  const Timed timed(waited_);
  std::vector<VideoFrame> frames;
  while (frames.size() < most) {
    auto frame = queue_.pop();
    if (!frame) break;
    frames.push_back(*std::move(frame));
  }
  if (frames.empty() && error_) std::rethrow_exception(error_);
  return frames;
}

FrameWriter::FrameWriter(VideoSink& sink, std::size_t behind) : queue_(behind) {
  thread_ = std::jthread([this, &sink] {
    try {
      while (const auto frame = queue_.pop()) sink.write(*frame);
    } catch (...) {
      error_ = std::current_exception();
      queue_.abandon();
    }
  });
}

FrameWriter::~FrameWriter() { queue_.abandon(); }

void FrameWriter::rethrow() {
  if (thread_.joinable()) thread_.join();  // it may be asked for twice: of two frames in hand
  if (error_) std::rethrow_exception(error_);
}

void FrameWriter::give(VideoFrame frame) {
  const Timed timed(waited_);
  if (!queue_.push(std::move(frame))) rethrow();
}

void FrameWriter::drain() {
  const Timed timed(waited_);
  queue_.close();
  rethrow();
}

}  // namespace bauta
