// Captures and the graphs that they become.
#include <algorithm>
#include <utility>

#include "tests/emulator/emulator.h"
#include "tests/emulator/streams.h"

using emulator::streams;

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  constexpr const char* kCall = "cudaStreamBeginCapture";
  if (mode != cudaStreamCaptureModeThreadLocal)
    throw emulator::Error(std::string(kCall) + ": only the mode ThreadLocal is known");
  emulator::Streams& all = streams();
  const std::scoped_lock lock(all.mutex);
  CUstream_st& queue = all.find(stream, kCall);
  if (queue.capture)
    emulator::fail_capture(*queue.capture, kCall,
                           "stream " + std::to_string(queue.number) + " is captured already");
  if (!stream) throw emulator::Error(std::string(kCall) + ": the default stream cannot be captured");
  const std::uint64_t id = ++all.last_capture;
  queue.capture = &all.captures[id];
  *queue.capture = {id, std::this_thread::get_id(), {stream}, {}, {}};
  queue.branch = 0;
  queue.captured.assign(1, 0);
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t stream, cudaStreamCaptureStatus* status) {
  emulator::Streams& all = streams();
  const std::scoped_lock lock(all.mutex);
  const emulator::Capture* const capture = all.find(stream, "cudaStreamIsCapturing").capture;
  *status = !capture                   ? cudaStreamCaptureStatusNone
            : capture->problem.empty() ? cudaStreamCaptureStatusActive
                                       : cudaStreamCaptureStatusInvalidated;
  return cudaSuccess;
}

// However it ends, the streams run again.
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const std::string call = "cudaStreamEndCapture";
  emulator::Streams& all = streams();
  const std::scoped_lock lock(all.mutex);
  CUstream_st& queue = all.find(stream, call);
  *graph = nullptr;
  if (!queue.capture)
    throw emulator::Error(call + ": stream " + std::to_string(queue.number) + " is not captured");
  if (queue.branch != 0)
    emulator::fail_capture(*queue.capture, call,
                           "the capture did not begin on stream " + std::to_string(queue.number));
  if (queue.capture->thread != std::this_thread::get_id())
    emulator::fail_capture(*queue.capture, call, "another thread began the capture");

  const emulator::Capture capture = std::move(*queue.capture);
  all.captures.erase(capture.id);
  std::string problem = capture.problem.empty() ? "" : call + ": the capture is broken: " + capture.problem;
  std::vector<std::uint32_t> steps;
  for (CUstream_st* const one : capture.streams) {
    const std::uint32_t count = one ? one->captured[one->branch] : 0;
    const auto branch = steps.size();
    if (problem.empty() && count > (branch < queue.captured.size() ? queue.captured[branch] : 0)) {
      const auto last = std::find_if(capture.nodes.rbegin(), capture.nodes.rend(),
                                     [branch](const emulator::Node& node) { return node.branch == branch; });
      problem = call + ": stream " + std::to_string(queue.number) + " does not wait for what stream " +
                std::to_string(one->number) + " was given" +
                (last == capture.nodes.rend() ? "" : ", last " + last->launcher) + ": forked and not joined";
    }
    steps.push_back(count);
    if (one) one->capture = nullptr;
  }
  if (!problem.empty()) throw emulator::Error(problem);
  *graph = new CUgraph_st{capture.nodes, std::move(steps)};
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* result, cudaGraph_t graph, unsigned long long) {
  emulator::Streams& all = streams();
  const std::scoped_lock lock(all.mutex);
  std::size_t free = 0, total = 0;
  cudaMemGetInfo(&free, &total);
  if (emulator::options.graph_bytes > free) return cudaErrorMemoryAllocation;
  *result = new CUgraphExec_st{.graph = *graph, .lanes = {}, .done = {}};
  all.graphs.insert(*result);
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  emulator::Streams& all = streams();
  const std::scoped_lock lock(all.mutex);
  if (all.graphs.erase(graph) == 0) return cudaErrorInvalidResourceHandle;
  delete graph;
  all.end_epoch_if_alone();
  return cudaSuccess;
}

// Its work comes after all that its stream has, and after its last replay; branches are lanes of their own.
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  const std::string call = "cudaGraphLaunch";
  emulator::Streams& all = streams();
  emulator::Clock before;
  std::vector<std::uint32_t> firsts;
  const bool watched = emulator::options.check_streams;
  {
    const std::scoped_lock lock(all.mutex);
    CUstream_st& queue = all.find(stream, call);
    emulator::Capture* const capture = queue.capture ? queue.capture : all.capture_of_this_thread();
    if (capture) emulator::fail_capture(*capture, call, "a graph cannot be replayed");
    if (!all.graphs.contains(graph)) throw emulator::Error(call + ": the graph was released, or is none");
    if (graph->epoch != all.epoch) {
      graph->epoch = all.epoch;
      graph->lanes.clear();
      graph->done.clear();
      for (std::size_t branch = 0; branch < graph->graph.steps.size(); ++branch)
        graph->lanes.push_back(all.lanes++);
    }
    emulator::take_in(queue.clock, all.host);
    emulator::take_in(queue.clock, graph->done);
    if (queue.clock.size() < all.lanes) queue.clock.resize(all.lanes);
    before = queue.clock;
    for (std::size_t branch = 0; branch < graph->lanes.size(); ++branch) {
      firsts.push_back(before[graph->lanes[branch]]);
      queue.clock[graph->lanes[branch]] += graph->graph.steps[branch];
    }
    graph->done = queue.clock;
    emulator::take_in(all.all, queue.clock);
  }
  for (const emulator::Node& node : graph->graph.nodes) {
    emulator::Clock clock = before;
    for (std::size_t branch = 0; branch < node.clock.size(); ++branch)
      clock[graph->lanes[branch]] = firsts[branch] + node.clock[branch];
    emulator::perform(node.launcher, node.stream, graph->lanes[node.branch], clock, watched, node.work);
  }
  return cudaSuccess;
}
