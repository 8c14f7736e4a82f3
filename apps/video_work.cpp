#include "apps/video_work.h"

#include <omp.h>
#include <time.h>

#include "apps/interruption.h"

namespace bauta {
namespace {

constexpr int kFramesAThread = 4;  // at a time, so that one slow frame holds up little

int thread_count(const CommonOptions& common) {
  return common.threads > 0 ? common.threads : omp_get_num_procs();
}

}  // namespace

std::optional<double> seconds_at(const VideoFrame& frame, const VideoFormat& format) {
  if (!format.time_base.known()) return {};
  return static_cast<double>(frame.time) * format.time_base.value();
}

std::size_t frames_at_a_time(const CommonOptions& common) {
  return static_cast<std::size_t>(kFramesAThread * thread_count(common));
}

void for_each_of(std::size_t count, const CommonOptions& common, const OrderedWork& work) {
  work_in_order(
      count, thread_count(common), [] { omp_set_num_threads(1); }, work);
}

bool unless_interrupted(const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const std::exception&) {
    if (!Interruption::asked()) throw;
    return false;
  }
}

std::vector<VideoFrame> next_frames(FrameReader& reader, const CommonOptions& common) {
  std::vector<VideoFrame> frames = reader.take(frames_at_a_time(common));
  if (Interruption::asked()) throw Stopped();
  return frames;
}

double ThreadClock::now() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace bauta
