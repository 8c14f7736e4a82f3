// For the emulator's own tests: streams and graphs that end with their scope.
#pragma once

#include <functional>
#include <utility>

#include "tests/emulator/device_array.h"
#include "tests/emulator/streams.h"

namespace emulator {

class Queue {
 public:
  Queue() { cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking); }
  ~Queue() { cudaStreamDestroy(stream_); }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  operator CUstream_st*() const { return stream_; }
  int number() const { return stream_->number; }

 private:
  cudaStream_t stream_ = nullptr;
};

class Event {
 public:
  explicit Event(CUstream_st* recorded_on) {
    cudaEventCreateWithFlags(&event_, cudaEventDisableTiming);
    cudaEventRecord(event_, recorded_on);
  }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void let_wait(CUstream_st* stream) const { cudaStreamWaitEvent(stream, event_); }

 private:
  cudaEvent_t event_ = nullptr;
};

inline void wait_for(CUstream_st* later, CUstream_st* earlier) { Event(earlier).let_wait(later); }

// What `work` puts on the stream, and on those that wait for it.
class Graph {
 public:
  Graph(CUstream_st* stream, const std::function<void()>& work) {
    cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
    cudaGraph_t graph = nullptr;
    try {
      work();
    } catch (...) {
      try {
        cudaStreamEndCapture(stream, &graph);
      } catch (const Error&) {
      }
      cudaGraphDestroy(graph);
      throw;
    }
    cudaStreamEndCapture(stream, &graph);
    cudaGraphInstantiate(&graph_, graph);
    cudaGraphDestroy(graph);
  }
  ~Graph() { cudaGraphExecDestroy(graph_); }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  void replay(CUstream_st* stream) const { cudaGraphLaunch(graph_, stream); }

 private:
  cudaGraphExec_t graph_ = nullptr;
};

// Pinned memory of the program.
template <class T>
class PinnedArray {
 public:
  explicit PinnedArray(std::size_t count) {
    void* memory = nullptr;
    if (cudaMallocHost(&memory, count * sizeof(T)) != cudaSuccess) throw Error("no pinned memory");
    data_ = static_cast<T*>(memory);
  }
  ~PinnedArray() { cudaFreeHost(data_); }
  PinnedArray(const PinnedArray&) = delete;
  PinnedArray& operator=(const PinnedArray&) = delete;
  T* data() const { return data_; }

 private:
  T* data_ = nullptr;
};

}  // namespace emulator
