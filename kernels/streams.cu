// Streams, events and graphs of the CUDA runtime.
#include "kernels/streams.h"

#include "kernels/gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

void check(const char* operation, const char* call, cudaError_t error) {
  if (error == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());  // or the next launch would report it too
  if (error == cudaErrorMemoryAllocation) {
    std::size_t free = 0, total = 0;
    static_cast<void>(cudaMemGetInfo(&free, &total));
    throw OutOfMemory(call, free, total);
  }
  fail_check(operation, "CUDA does as asked", __FILE__, __LINE__, call, ": ", cudaGetErrorString(error));
}

// Ends with its scope: who waits for it goes on waiting. Without a clock, which capture does not allow.
class Event {
 public:
  explicit Event(const char* operation) {
    check(operation, "cudaEventCreateWithFlags", cudaEventCreateWithFlags(&event_, cudaEventDisableTiming));
  }
  ~Event() { static_cast<void>(cudaEventDestroy(event_)); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  cudaEvent_t get() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace

CUstream_st* make_stream() {
  cudaStream_t stream = nullptr;
  // An ordinary stream would wait for the default stream, and that for all of them.
  check(__func__, "cudaStreamCreateWithFlags", cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return stream;
}

void release_stream(CUstream_st* stream) noexcept {
  if (stream) static_cast<void>(cudaStreamDestroy(stream));
}

void wait_for(const Context& later, const Context& earlier) {
  if (later.stream() == earlier.stream()) return;
  const Event event(__func__);
  check(__func__, "cudaEventRecord", cudaEventRecord(event.get(), earlier.stream()));
  check(__func__, "cudaStreamWaitEvent", cudaStreamWaitEvent(later.stream(), event.get(), 0));
}

void synchronize(const Context& ctx) {
  check(__func__, "cudaStreamSynchronize", cudaStreamSynchronize(ctx.stream()));
}

void begin_capture(const Context& ctx) {
  // ThreadLocal: a thread that prefetches may allocate and wait meanwhile (Global would forbid it); what this
  // thread does and capture forbids is an error (Relaxed would let it pass).
  check(__func__, "cudaStreamBeginCapture",
        cudaStreamBeginCapture(ctx.stream(), cudaStreamCaptureModeThreadLocal));
}

CUgraphExec_st* end_capture(const Context& ctx) {
  cudaGraph_t graph = nullptr;
  check(__func__, "cudaStreamEndCapture", cudaStreamEndCapture(ctx.stream(), &graph));
  cudaGraphExec_t result = nullptr;
  const cudaError_t error = cudaGraphInstantiate(&result, graph, 0);
  static_cast<void>(cudaGraphDestroy(graph));
  check(__func__, "cudaGraphInstantiate", error);
  return result;
}

void abandon_capture(const Context& ctx) noexcept {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  if (cudaStreamIsCapturing(ctx.stream(), &status) == cudaSuccess && status != cudaStreamCaptureStatusNone) {
    cudaGraph_t graph = nullptr;
    try {  // the emulator throws where CUDA says that the capture is broken, and has ended it as CUDA has
      static_cast<void>(cudaStreamEndCapture(ctx.stream(), &graph));
    } catch (...) {
    }
    if (graph) static_cast<void>(cudaGraphDestroy(graph));
  }
  static_cast<void>(cudaGetLastError());
}

void replay(CUgraphExec_st* graph, const Context& ctx) {
  check(__func__, "cudaGraphLaunch", cudaGraphLaunch(graph, ctx.stream()));
}

void release_graph(CUgraphExec_st* graph) noexcept {
  if (graph) static_cast<void>(cudaGraphExecDestroy(graph));
}

}  // namespace bauta::BAUTA_BACKEND
