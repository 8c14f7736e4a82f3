// Planted bugs: streams that meet in global memory.
#include "tests/emulator/planted_streams.h"

namespace planted {

namespace {

// `work` on two streams, at once and as a graph, where the fork's and the join's event are there already.
std::string race(bool captured, const std::function<void(CUstream_st*, CUstream_st*)>& work) {
  const Queue first, second;
  const auto both = [&] {
    wait_for(second, first);
    work(first, second);
    wait_for(first, second);
  };
  if (!captured) {
    both();
    return "";
  }
  const Graph graph(first, both);
  graph.replay(first);
  graph.replay(first);
  return "";
}

template <bool kCaptured>
std::string both_write(bool fixed) {
  const DeviceArray<int> x(kThreads);
  return race(kCaptured, [&](CUstream_st* a, CUstream_st* b) {
    set(a, x, 1, "one");
    if (fixed) wait_for(b, a);
    set(b, x, 2, "other");
  });
}

template <bool kCaptured>
std::string read_before_written(bool fixed) {
  const DeviceArray<int> x(kThreads), y(kThreads);
  return race(kCaptured, [&](CUstream_st* a, CUstream_st* b) {
    set(a, x, 1, "producer");
    if (fixed) wait_for(b, a);
    copy(b, x, y, "consumer");
  });
}

template <bool kCaptured>
std::string overwritten_before_read(bool fixed) {
  const DeviceArray<int> x(std::vector<int>(kThreads, 7)), y(kThreads);
  return race(kCaptured, [&](CUstream_st* a, CUstream_st* b) {
    copy(a, x, y, "reader");
    if (fixed) wait_for(b, a);
    set(b, x, 1, "successor");
  });
}

// The event stands before the work that it should stand behind.
template <bool kCaptured>
std::string event_too_early(bool fixed) {
  const DeviceArray<int> x(kThreads), y(kThreads);
  return race(kCaptured, [&](CUstream_st* a, CUstream_st* b) {
    if (!fixed) wait_for(b, a);
    set(a, x, 1, "producer");
    if (fixed) wait_for(b, a);
    copy(b, x, y, "consumer");
  });
}

template <bool kCaptured>
std::string copied_before_written(bool fixed) {
  const DeviceArray<int> x(kThreads), y(kThreads);
  return race(kCaptured, [&](CUstream_st* a, CUstream_st* b) {
    set(a, x, 1, "producer");
    if (fixed) wait_for(b, a);
    cudaMemcpyAsync(y.data(), x.data(), kBytes, cudaMemcpyDeviceToDevice, b);
  });
}

template <bool kCaptured>
std::string cleared_while_read(bool fixed) {
  const DeviceArray<int> x(std::vector<int>(kThreads, 7)), y(kThreads);
  return race(kCaptured, [&](CUstream_st* a, CUstream_st* b) {
    copy(a, x, y, "reader");
    if (fixed) wait_for(b, a);
    cudaMemsetAsync(x.data(), 0, kBytes, b);
  });
}

// A stream that runs beside the default stream does not wait for it.
std::string default_stream_is_no_barrier(bool fixed) {
  const Queue queue;
  const DeviceArray<int> x(kThreads), y(kThreads);
  set(nullptr, x, 1, "producer");
  if (fixed) wait_for(queue, nullptr);
  copy(queue, x, y, "consumer");
  return "";
}

// The next replay's input is there before the last replay has read this one.
std::string input_replaced_in_replay(bool fixed) {
  const Queue queue, uploads;
  const DeviceArray<int> x(std::vector<int>(kThreads, 1)), y(kThreads);
  const Graph graph(queue, [&] { copy(queue, x, y, "step"); });
  graph.replay(queue);
  if (fixed) wait_for(uploads, queue);
  set(uploads, x, 2, "upload");
  wait_for(queue, uploads);
  graph.replay(queue);
  return "";
}

}  // namespace

std::vector<Bug> bugs_in_streams() {
  const char* const meet = "two streams access the same bytes";
  std::vector<Bug> bugs = {
      {"default_stream_is_no_barrier", FoundBy::Emulator, meet, default_stream_is_no_barrier},
      {"input_replaced_in_replay", FoundBy::Emulator, meet, input_replaced_in_replay},
  };
  const auto add = [&](const char* name, const char* captured, auto* run, auto* run_captured) {
    bugs.push_back({name, FoundBy::Emulator, meet, run});
    bugs.push_back({captured, FoundBy::Emulator, meet, run_captured});
  };
  add("both_write", "both_write_in_graph", both_write<false>, both_write<true>);
  add("read_before_written", "read_before_written_in_graph", read_before_written<false>,
      read_before_written<true>);
  add("overwritten_before_read", "overwritten_before_read_in_graph", overwritten_before_read<false>,
      overwritten_before_read<true>);
  add("event_too_early", "event_too_early_in_graph", event_too_early<false>, event_too_early<true>);
  add("copied_before_written", "copied_before_written_in_graph", copied_before_written<false>,
      copied_before_written<true>);
  add("cleared_while_read", "cleared_while_read_in_graph", cleared_while_read<false>,
      cleared_while_read<true>);
  return bugs;
}

}  // namespace planted
