// Where kernels run: which backend, on how many threads, with which scratch memory.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

struct CUstream_st;  // what CUDA's cudaStream_t points to

namespace bauta {

struct Backend;   // kernels/backend.h: the launchers of one device and instruction set
class Libraries;  // kernels/libraries.h: what the launchers of a card leave to others

// One per thread of control; not to be used from two threads at once.
class Context {
 public:
  // backend: see available_backends(); threads (CPU): 0 takes every core this process may run on; stream
  // (CUDA): where kernels are queued, the default stream if null.
  explicit Context(const Backend& backend, int threads = 0, CUstream_st* stream = nullptr);
  Context();  // the best CPU backend of this machine, every core
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Backend& backend() const { return *backend_; }
  int threads() const { return threads_; }
  CUstream_st* stream() const { return stream_; }
  Libraries* libraries() const { return libraries_.get(); }  // null where there are none

  // Scratch for one kernel call, in the backend's memory: 256-byte aligned, contents undefined, valid until
  // the next call. Grows to the largest request and stays; kernels use it so that they never allocate. What
  // was outgrown goes back, once what is queued is done and nobody keeps it.
  float* workspace(std::size_t floats) const {
    return static_cast<float*>(workspace_.grown(*this, floats * 4, false));
  }
  // The same for counters, which are zero before and after every kernel call.
  unsigned* counters(std::size_t count) const {
    return static_cast<unsigned*>(counters_.grown(*this, count * 4, true));
  }
  // What is in use of both now. Who captures work (kernels/streams.h) keeps it as long as the graph.
  std::vector<std::shared_ptr<void>> scratch() const { return {workspace_.memory, counters_.memory}; }
  // Of the backend's memory; whoever has it gives it back.
  std::shared_ptr<void> counted_memory(std::size_t bytes) const;
  // In use, or outgrown and kept; what counted_memory() gave, too.
  std::size_t scratch_bytes() const { return *workspace_.held + *counters_.held + *counted_; }

 private:
  using Count = std::shared_ptr<std::size_t>;  // of bytes held
  struct Scratch {
    std::shared_ptr<void> memory = {};
    std::size_t bytes = 0;
    Count held = std::make_shared<std::size_t>(0);
    void* grown(const Context& ctx, std::size_t wanted, bool zero);
  };

  const Backend* backend_;
  int threads_;
  CUstream_st* stream_;
  std::unique_ptr<Libraries> libraries_;
  mutable Scratch workspace_, counters_;
  Count counted_ = std::make_shared<std::size_t>(0);
};

// The backends that this machine can run, best first: cpu_avx512, cpu_avx2, cpu_baseline.
const std::vector<const Backend*>& available_backends();
// The CPU's backend that multiplies factors of 16 bits in convolutions, on tensors of float32:
// cpu_avx512_amx, or cpu_avx512_bf16, or null where bf16_problem() says what the CPU lacks. Never among
// available_backends(): who wants it asks for it.
const Backend* bf16_backend();
std::string bf16_problem();  // "this CPU has no AVX512-BF16"; empty where there is nothing wrong
// By name, that one too; throws CheckError naming the ones there are.
const Backend& backend_by_name(const std::string& name);

}  // namespace bauta
