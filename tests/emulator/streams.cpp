#include "tests/emulator/streams.h"

#include <algorithm>
#include <utility>

#include "tests/emulator/block_runner.h"
#include "tests/emulator/memory.h"
#include "tests/emulator/traffic.h"

namespace emulator {

Streams& streams() {
  static Streams all;
  return all;
}

CUstream_st& Streams::find(CUstream_st* stream, const std::string& call) {
  if (!stream) return default_stream;
  if (!made.contains(stream)) throw Error(call + ": on a stream that was destroyed, or is none");
  return *stream;
}

Capture* Streams::capture_of_this_thread() {
  for (auto& [id, capture] : captures)
    if (capture.thread == std::this_thread::get_id()) return &capture;
  return nullptr;
}

void Streams::end_epoch_if_alone() {
  if (watching()) return;
  ++epoch;
  lanes = 1;
  last_number = 0;
  host.clear();
  all.clear();
  default_stream.clock.clear();
  races.forget_all();
}

void Streams::wait_on_host(const Clock& clock) {
  take_in(host, clock);
  if (host == all) races.forget_all();
}

// ---- Captures

namespace {

std::string said(const Capture& capture, const std::string& call, const std::string& what) {
  std::string result = call + ": " + what + ", while ";
  if (CUstream_st* const first = capture.streams.front())
    result += "stream " + std::to_string(first->number) + " is captured";
  else
    result += "a stream is captured";
  if (!capture.nodes.empty()) result += ", after " + capture.nodes.back().launcher;
  return result;
}

}  // namespace

void fail_capture(Capture& capture, const std::string& call, const std::string& what) {
  const std::string words = said(capture, call, what);
  if (capture.problem.empty()) capture.problem = words;
  throw Error(words);
}

void fail_capture_of(CUstream_st* stream, const std::string& call, const std::string& what) {
  const std::scoped_lock lock(streams().mutex);
  fail_capture(*streams().find(stream, call).capture, call, what);
}

void forbid_in_capture(const char* call) {
  const std::scoped_lock lock(streams().mutex);
  if (Capture* const capture = streams().capture_of_this_thread())
    fail_capture(*capture, call, "is forbidden");
}

bool breaks_capture(const char* call) noexcept {
  const std::scoped_lock lock(streams().mutex);
  Capture* const capture = streams().capture_of_this_thread();
  if (capture && capture->problem.empty()) capture->problem = said(*capture, call, "is forbidden");
  return capture != nullptr;
}

bool is_captured(CUstream_st* stream, const std::string& call) {
  const std::scoped_lock lock(streams().mutex);
  return streams().find(stream, call).capture != nullptr;
}

// ---- Work

void submit(CUstream_st* stream, const std::string& launcher, std::function<void()> work) {
  Streams& all = streams();
  std::unique_lock lock(all.mutex);
  CUstream_st& queue = all.find(stream, launcher);
  if (Capture* const capture = queue.capture) {
    ++queue.captured[queue.branch];
    capture->nodes.push_back({launcher, queue.number, queue.branch, queue.captured, std::move(work)});
    return;
  }
  if (Capture* const capture = all.capture_of_this_thread())
    fail_capture(
        *capture, launcher,
        (stream ? "is put on stream " + std::to_string(queue.number) : "is put on the default stream") +
            ", which takes no part in the capture");
  const bool watched = all.watching() && options.check_streams;
  Clock clock;
  if (watched) {
    take_in(queue.clock, all.host);
    if (queue.clock.size() <= queue.lane) queue.clock.resize(queue.lane + 1);
    ++queue.clock[queue.lane];
    take_in(all.all, queue.clock);
    clock = queue.clock;
  }
  const int number = queue.number;
  const std::uint32_t lane = queue.lane;
  lock.unlock();
  perform(launcher, number, lane, clock, watched, work);
}

void perform(const std::string& launcher, int stream, std::uint32_t lane, const Clock& clock, bool watched,
             const std::function<void()>& work) {
  Running mine{{launcher, stream}, watched};
  struct Restore {
    Running* outer;
    ~Restore() { running_work = outer; }
  };
  {
    const Restore restore{std::exchange(running_work, &mine)};
    work();
  }
  if (watched) {
    streams().races.add(mine.done, lane, clock, mine.touches);
    mine.done.lane = lane;
    mine.done.clock = clock;
  }
  if (options.list_work) add_work(std::move(mine.done));
}

void touch(bool writes, const void* memory, std::size_t bytes) {
  if (!running_work || bytes == 0) return;
  const bool device = in_device_memory(memory, bytes);
  if (options.count_bytes && device)
    (writes ? running_work->done.stored_bytes : running_work->done.loaded_bytes) += bytes;
  if (running_work->watched && (device || in_pinned_memory(memory, bytes)))
    running_work->touches.add(writes, reinterpret_cast<std::uintptr_t>(memory), bytes);
}

void launch(const char* launcher, dim3 grid, dim3 block, std::size_t shared_bytes, CUstream_st* stream,
            std::function<void()> thread) {
  check_launch(launcher, grid, block, shared_bytes);
  submit(stream, launcher,
         [name = std::string(launcher), grid, block, shared_bytes, thread = std::move(thread)] {
           run(name.c_str(), grid, block, shared_bytes, thread);
         });
}

void forget_accesses(const void* memory, std::size_t bytes) {
  streams().races.forget(reinterpret_cast<std::uintptr_t>(memory), bytes);
}

}  // namespace emulator

// ---- The runtime's functions

using emulator::streams;

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  if (flags != cudaStreamNonBlocking)
    throw emulator::Error(
        "cudaStreamCreateWithFlags: only streams that run beside the default one are known");
  emulator::Streams& all = streams();
  const std::scoped_lock lock(all.mutex);
  *stream = new CUstream_st{.number = ++all.last_number, .lane = all.lanes++};
  all.made.insert(*stream);
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  emulator::Streams& all = streams();
  const std::scoped_lock lock(all.mutex);
  if (all.made.erase(stream) == 0) return cudaErrorInvalidResourceHandle;
  if (emulator::Capture* const capture = stream->capture) {
    if (capture->problem.empty())
      capture->problem = "cudaStreamDestroy: stream " + std::to_string(stream->number) + " is captured";
    capture->streams[stream->branch] = nullptr;
    if (stream->branch == 0) {  // nobody can end it
      for (CUstream_st* const one : capture->streams)
        if (one) one->capture = nullptr;
      all.captures.erase(capture->id);
    }
  }
  delete stream;
  all.end_epoch_if_alone();
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  emulator::Streams& all = streams();
  emulator::forbid_in_capture("cudaStreamSynchronize");
  const std::scoped_lock lock(all.mutex);
  CUstream_st& queue = all.find(stream, "cudaStreamSynchronize");
  if (queue.capture) emulator::fail_capture(*queue.capture, "cudaStreamSynchronize", "is forbidden");
  emulator::count(&emulator::Counts::synchronizations);
  all.wait_on_host(queue.clock);
  return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
  emulator::Streams& all = streams();
  emulator::forbid_in_capture("cudaDeviceSynchronize");
  const std::scoped_lock lock(all.mutex);
  emulator::count(&emulator::Counts::synchronizations);
  all.wait_on_host(all.all);
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  emulator::Streams& all = streams();
  const std::scoped_lock lock(all.mutex);
  const CUstream_st& queue = all.find(stream, "cudaEventRecord");
  event->epoch = all.epoch;
  event->capture = queue.capture ? queue.capture->id : 0;
  event->clock = queue.capture ? queue.captured : queue.clock;
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  constexpr const char* kCall = "cudaStreamWaitEvent";
  emulator::Streams& all = streams();
  const std::scoped_lock lock(all.mutex);
  CUstream_st& queue = all.find(stream, kCall);
  if (event->epoch == 0) return cudaSuccess;
  if (event->capture == 0) {
    if (queue.capture)
      emulator::fail_capture(*queue.capture, kCall,
                             "stream " + std::to_string(queue.number) +
                                 " waits for an event that was recorded outside the capture");
    if (event->epoch == all.epoch) emulator::take_in(queue.clock, event->clock);
    return cudaSuccess;
  }
  const auto found = all.captures.find(event->capture);
  if (found == all.captures.end())
    throw emulator::Error(std::string(kCall) + ": the event was recorded in a capture, which has ended");
  emulator::Capture& capture = found->second;
  if (queue.capture && queue.capture != &capture)
    emulator::fail_capture(*queue.capture, kCall, "the event was recorded in another capture");
  if (!stream) emulator::fail_capture(capture, kCall, "the default stream can take no part");
  if (!queue.capture) {  // it takes part from now on, and must be waited for
    queue.capture = &capture;
    queue.branch = static_cast<std::uint32_t>(capture.streams.size());
    capture.streams.push_back(stream);
    queue.captured.assign(queue.branch + 1, 0);
    queue.captured[queue.branch] = 1;
  }
  emulator::take_in(queue.captured, event->clock);
  return cudaSuccess;
}
