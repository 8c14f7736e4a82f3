// Planted bugs: what a capture forbids.
#include <memory>

#include "tests/emulator/planted_streams.h"

namespace planted {

namespace {

using emulator::Event;
using emulator::PinnedArray;

// Captures a launch and whatever the bug does after it, before the capture where it is fixed, and replays.
std::string forbidden(bool fixed, const std::function<void()>& bug) {
  const Queue queue;
  const DeviceArray<int> x(kThreads);
  if (fixed) bug();
  const Graph graph(queue, [&] {
    set(queue, x, 3);
    if (!fixed) bug();
  });
  graph.replay(queue);
  cudaStreamSynchronize(queue);
  return check(x, 3);
}

std::string allocated_in_capture(bool fixed) {
  return forbidden(fixed, [] { const DeviceArray<int> more(1); });
}

std::string freed_in_capture(bool fixed) {
  auto more = std::make_unique<DeviceArray<int>>(1);
  return forbidden(fixed, [&] { more.reset(); });
}

std::string pinned_in_capture(bool fixed) {
  return forbidden(fixed, [] { const PinnedArray<int> more(1); });
}

std::string device_synchronized_in_capture(bool fixed) {
  return forbidden(fixed, [] { cudaDeviceSynchronize(); });
}

std::string copied_and_waited_in_capture(bool fixed) {
  const DeviceArray<int> y(1);
  return forbidden(fixed, [&] { static_cast<void>(y.values()); });
}

std::string set_and_waited_in_capture(bool fixed) {
  const DeviceArray<int> y(1);
  return forbidden(fixed, [&] { cudaMemset(y.data(), 0, sizeof(int)); });
}

std::string launched_on_default_stream(bool fixed) {
  const DeviceArray<int> y(kThreads);
  return forbidden(fixed, [&] { set(nullptr, y, 1, "beside"); });
}

std::string launched_beside_capture(bool fixed) {
  const Queue other;
  const DeviceArray<int> y(kThreads);
  return forbidden(fixed, [&] { set(other, y, 1, "beside"); });
}

std::string cleared_beside_capture(bool fixed) {
  const DeviceArray<int> y(1);
  return forbidden(fixed, [&] { cudaMemsetAsync(y.data(), 0, sizeof(int)); });
}

std::string synchronized_in_capture(bool fixed) {
  const Queue queue;
  const DeviceArray<int> x(kThreads);
  const Graph graph(queue, [&] {
    set(queue, x, 3);
    if (!fixed) cudaStreamSynchronize(queue);
  });
  graph.replay(queue);
  cudaStreamSynchronize(queue);
  return check(x, 3);
}

std::string uploaded_from_pageable_memory(bool fixed) {
  const Queue queue;
  const DeviceArray<int> x(kThreads);
  const std::vector<int> pageable(kThreads, 4);
  const PinnedArray<int> pinned(kThreads);
  std::fill_n(pinned.data(), kThreads, 4);
  const Graph graph(queue, [&] {
    cudaMemcpyAsync(x.data(), fixed ? pinned.data() : pageable.data(), kBytes, cudaMemcpyHostToDevice, queue);
  });
  graph.replay(queue);
  cudaStreamSynchronize(queue);
  return check(x, 4);
}

std::string read_back_to_pageable_memory(bool fixed) {
  const Queue queue;
  const DeviceArray<int> x(std::vector<int>(kThreads, 4));
  std::vector<int> pageable(kThreads);
  const PinnedArray<int> pinned(kThreads);
  int* const to = fixed ? pinned.data() : pageable.data();
  const Graph graph(queue, [&] { cudaMemcpyAsync(to, x.data(), kBytes, cudaMemcpyDeviceToHost, queue); });
  graph.replay(queue);
  cudaStreamSynchronize(queue);
  return compare<int>({to[0]}, {4});
}

std::string event_from_outside(bool fixed) {
  const Queue queue, other;
  const DeviceArray<int> x(kThreads), y(kThreads);
  set(other, x, 5);
  if (fixed) wait_for(queue, other);
  const Graph graph(queue, [&] {
    if (!fixed) wait_for(queue, other);
    copy(queue, x, y);
  });
  graph.replay(queue);
  cudaStreamSynchronize(queue);
  return check(y, 5);
}

std::string event_of_an_ended_capture(bool fixed) {
  const Queue queue, other;
  const DeviceArray<int> x(kThreads);
  std::unique_ptr<Event> event;
  const Graph graph(queue, [&] {
    set(queue, x, 5);
    event = std::make_unique<Event>(queue);
  });
  graph.replay(queue);
  if (fixed) event = std::make_unique<Event>(queue);
  event->let_wait(other);
  return "";
}

std::string default_stream_takes_part(bool fixed) {
  const Queue queue, other;
  const DeviceArray<int> x(kThreads);
  CUstream_st* const side = fixed ? static_cast<CUstream_st*>(other) : nullptr;
  const Graph graph(queue, [&] {
    wait_for(side, queue);
    set(side, x, 1);
    wait_for(queue, side);
  });
  return "";
}

std::string not_joined(bool fixed) {
  const Queue queue, other;
  const DeviceArray<int> x(kThreads), y(kThreads);
  const Graph graph(queue, [&] {
    set(queue, x, 1);
    wait_for(other, queue);
    copy(other, x, y, "on the side");
    if (fixed) wait_for(queue, other);
  });
  return "";
}

std::string joined_too_early(bool fixed) {
  const Queue queue, other;
  const DeviceArray<int> x(kThreads), y(kThreads);
  const Graph graph(queue, [&] {
    wait_for(other, queue);
    set(other, x, 1);
    if (!fixed) wait_for(queue, other);
    set(other, y, 1, "afterthought");
    if (fixed) wait_for(queue, other);
  });
  return "";
}

std::string captured_twice(bool fixed) {
  const Queue queue;
  const Graph graph(queue, [&] {
    if (!fixed) cudaStreamBeginCapture(queue, cudaStreamCaptureModeThreadLocal);
  });
  return "";
}

std::string default_stream_captured(bool fixed) {
  const Queue queue;
  const Graph graph(fixed ? static_cast<CUstream_st*>(queue) : nullptr, [] {});
  return "";
}

std::string replayed_in_capture(bool fixed) {
  const Queue queue, other;
  const DeviceArray<int> x(kThreads);
  const Graph inner(queue, [&] { set(queue, x, 1); });
  const Graph outer(queue, [&] {
    set(queue, x, 2);
    if (!fixed) inner.replay(other);
  });
  inner.replay(queue);
  outer.replay(queue);
  cudaStreamSynchronize(queue);
  return check(x, 2);
}

std::string kernel_after_free(bool fixed) {
  const Queue queue;
  auto x = std::make_unique<DeviceArray<int>>(kThreads);
  const Graph graph(queue, [&] { set(queue, *x, 1); });
  graph.replay(queue);
  if (!fixed) x.reset();
  graph.replay(queue);
  return "";
}

std::string copy_after_free(bool fixed) {
  const Queue queue;
  const DeviceArray<int> x(std::vector<int>(kThreads, 1));
  auto y = std::make_unique<DeviceArray<int>>(kThreads);
  const Graph graph(queue,
                    [&] { cudaMemcpyAsync(y->data(), x.data(), kBytes, cudaMemcpyDeviceToDevice, queue); });
  graph.replay(queue);
  if (!fixed) y.reset();
  graph.replay(queue);
  return "";
}

std::string clear_after_free(bool fixed) {
  const Queue queue;
  auto x = std::make_unique<DeviceArray<int>>(kThreads);
  const Graph graph(queue, [&] { cudaMemsetAsync(x->data(), 0, kBytes, queue); });
  if (!fixed) x.reset();
  graph.replay(queue);
  return "";
}

std::string upload_after_free(bool fixed) {
  const Queue queue;
  const DeviceArray<int> x(kThreads);
  auto source = std::make_unique<PinnedArray<int>>(kThreads);
  const Graph graph(
      queue, [&] { cudaMemcpyAsync(x.data(), source->data(), kBytes, cudaMemcpyHostToDevice, queue); });
  if (!fixed) source.reset();
  graph.replay(queue);
  return "";
}

}  // namespace

std::vector<Bug> bugs_in_captures() {
  return {
      {"allocated_in_capture", FoundBy::Emulator,
       "cudaMalloc: is forbidden, while stream 1 is captured, after set", allocated_in_capture},
      {"freed_in_capture", FoundBy::Emulator, "the capture is broken: cudaFree", freed_in_capture},
      {"pinned_in_capture", FoundBy::Emulator, "cudaMallocHost: is forbidden", pinned_in_capture},
      {"synchronized_in_capture", FoundBy::Emulator, "cudaStreamSynchronize: is forbidden",
       synchronized_in_capture},
      {"device_synchronized_in_capture", FoundBy::Emulator, "cudaDeviceSynchronize: is forbidden",
       device_synchronized_in_capture},
      {"copied_and_waited_in_capture", FoundBy::Emulator, "cudaMemcpy: is forbidden",
       copied_and_waited_in_capture},
      {"set_and_waited_in_capture", FoundBy::Emulator, "cudaMemset: is forbidden", set_and_waited_in_capture},
      {"launched_on_default_stream", FoundBy::Emulator,
       "beside: is put on the default stream, which takes no part in the capture",
       launched_on_default_stream},
      {"launched_beside_capture", FoundBy::Emulator, "which takes no part in the capture",
       launched_beside_capture},
      {"cleared_beside_capture", FoundBy::Emulator, "cudaMemsetAsync: is put on the default stream",
       cleared_beside_capture},
      {"uploaded_from_pageable_memory", FoundBy::Emulator,
       "cudaMemcpyAsync host to device: the program's memory is not pinned", uploaded_from_pageable_memory},
      {"read_back_to_pageable_memory", FoundBy::Emulator,
       "cudaMemcpyAsync device to host: the program's memory is not pinned", read_back_to_pageable_memory},
      {"event_from_outside", FoundBy::Emulator, "an event that was recorded outside the capture",
       event_from_outside},
      {"event_of_an_ended_capture", FoundBy::Emulator, "recorded in a capture, which has ended",
       event_of_an_ended_capture},
      {"default_stream_takes_part", FoundBy::Emulator, "the default stream can take no part",
       default_stream_takes_part},
      {"not_joined", FoundBy::Emulator, "last on the side: forked and not joined", not_joined},
      {"joined_too_early", FoundBy::Emulator, "last afterthought: forked and not joined", joined_too_early},
      {"captured_twice", FoundBy::Emulator, "is captured already", captured_twice},
      {"default_stream_captured", FoundBy::Emulator, "the default stream cannot be captured",
       default_stream_captured},
      {"replayed_in_capture", FoundBy::Emulator, "a graph cannot be replayed", replayed_in_capture},
      {"kernel_after_free", FoundBy::Emulator, "outside all device memory", kernel_after_free},
      {"copy_after_free", FoundBy::Emulator, "was freed after the capture", copy_after_free},
      {"clear_after_free", FoundBy::Emulator, "was freed after the capture", clear_after_free},
      {"upload_after_free", FoundBy::Emulator, "was freed after the capture", upload_after_free},
  };
}

}  // namespace planted
