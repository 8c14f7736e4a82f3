// Runs CUDA kernels on the CPU and checks what a card would not tell: README.md says how and what.
// Kernels see it through kernels/gpu.h and cuda.h; tests set its options and read its counts here.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define EMULATOR_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EMULATOR_ASAN
#endif
#endif

struct uint3 {
  unsigned x, y, z;
};
struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned width = 1, unsigned height = 1, unsigned depth = 1)
      : x(width), y(height), z(depth) {}
  constexpr dim3(uint3 index) : x(index.x), y(index.y), z(index.z) {}
};

struct CUstream_st;

namespace emulator {

// A place in a kernel's source.
struct Site {
  const char* file = "";
  int line = 0;
  static constexpr Site current(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

// A kernel did what CUDA forbids. Names the launcher, the block and the lines.
class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& what) : runtime_error("CUDA emulator: " + what) {}
};

// In which order threads run between two barriers, warps of a block and blocks of a grid too. A kernel that
// lacks a barrier may be right in one order and wrong in another.
enum class Order { InOrder, Reversed, Random };

struct Options {
  int workers = 1;                           // host threads that share the blocks; one under the sanitizers
  Order order = Order::InOrder;              // of threads, warps and blocks
  unsigned seed = 1;                         // of a random order
  bool allow_early_exit = false;             // a thread that has returned counts as arrived at __syncthreads
  std::uint64_t last_blocks = 0;             // run only this many, the last ones of the grid; 0: all
  bool check_blocks = true;                  // report two blocks' unordered accesses to the same bytes
  std::uint64_t checked_accesses = 1 << 22;  // as many a launch, then it goes on unchecked
  bool device_memory_only = true;            // report accesses outside what cudaMalloc or DeviceMapping gave
  std::size_t device_bytes = std::size_t{8} << 30;  // the card's memory
  std::size_t graph_bytes = 0;                      // that a graph must find free
  bool count_bytes = false;                         // see traffic()
  bool list_work = false;                           // see work_done()
  bool check_streams = true;  // report two streams' unordered accesses to the same bytes
};

// Initially as BAUTA_EMULATOR_ORDER says: in_order, reversed, or a random order's seed.
extern Options options;

// Sets the options back when a test ends.
class ScopedOptions {
 public:
  ScopedOptions() = default;
  ~ScopedOptions() { options = saved_; }
  ScopedOptions(const ScopedOptions&) = delete;
  ScopedOptions& operator=(const ScopedOptions&) = delete;

 private:
  Options saved_ = options;
};

// Runs `thread` once for every thread of every block, as the card would. Throws Error, or what it throws.
void run(const char* launcher, dim3 grid, dim3 block, std::size_t shared_bytes,
         const std::function<void()>& thread);

// The same for a stream: at once, or where it is captured whenever its graph is replayed. What `thread` needs
// must be in it. Throws Error too when this stream and another access the same bytes unordered, or when it is
// left out of this thread's capture: streams.h.
void launch(const char* launcher, dim3 grid, dim3 block, std::size_t shared_bytes, CUstream_st* stream,
            std::function<void()> thread);

// ---- for kernels, through gpu.h and cuda.h; throw Error when not called from one

int barrier(bool predicate, Site site);  // how many threads' predicates are true
void sync_warp(std::uint32_t mask, Site site);
std::uint64_t shuffle(std::uint32_t mask, std::uint64_t value, int source_lane, Site site);
std::uint32_t ballot(std::uint32_t mask, bool predicate, Site site);
void fence();  // __threadfence
int lane();
void* dynamic_shared();

// What a warp does as one, for host twins of tensor-core instructions: when every lane of the mask has come,
// apply is called once with what each lane brought (null for lanes outside the mask), and all go on.
using Apply = void (*)(void* const lanes[32]);
void warp_collective(std::uint32_t mask, void* mine, Apply apply, Site site = Site::current());

enum class Access { Load, Store, Atomic };

namespace detail {
inline constinit thread_local bool watched = false;  // whether accesses are compared or counted
void watch(Access kind, const void* pointer, std::size_t bytes, Site site);
void begin_shared(void* memory, std::size_t bytes, std::uint64_t& block);
[[noreturn]] void fail_index(long long index, int count, Site site);
inline constinit thread_local std::uint64_t block_number = 0;  // of the running block: unique, never 0
}  // namespace detail

// Global memory is about to be accessed, `bytes` at once.
inline void access(Access kind, const void* pointer, std::size_t bytes, Site site) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  const bool fits = std::has_single_bit(bytes) && bytes <= 16 && (address & (bytes - 1)) == 0;
  if (!fits || detail::watched || pointer == nullptr) detail::watch(kind, pointer, bytes, site);
}

// An index that knows where it stands in the source.
struct Subscript {
  long long value;
  Site site;
  template <std::integral Integer>
  constexpr Subscript(Integer index, Site where = Site::current())
      : value(static_cast<long long>(index)), site(where) {}
};

// Shared memory of a block, filled with NaNs before a block's first access. Has no constructor, so that
// __shared__ arrays need no guard: they begin as zeros, and 0 is no block's number.
template <class T, int N>
class SharedArray {
  static_assert(std::is_trivially_default_constructible_v<T> && N > 0);

 public:
  T& operator[](Subscript i) {
    if (block_ != detail::block_number) detail::begin_shared(v_, sizeof v_, block_);
    if (i.value < 0 || i.value >= N) detail::fail_index(i.value, N, i.site);
    return v_[i.value];
  }

 private:
  std::uint64_t block_;  // the one that it was filled for; first, so that an overrun meets a redzone
  T v_[N];
};

// Global memory that a launch moved, in sectors of 32 bytes: a warp's access costs the sectors that its
// lanes touch together, where the n-th time that each lane comes to a line of the source is one access.
// Atomics count as stored. Caches are not modelled. A library's call has no grid (0), and moves its operands
// once.
struct LaunchTraffic {
  std::string launcher;
  dim3 grid, block;
  std::uint64_t loaded_bytes = 0, stored_bytes = 0;
};
std::vector<LaunchTraffic> traffic();  // of the launches since reset_traffic(), with options.count_bytes
void reset_traffic();

// A launch, a copy or a library's call that was run, replayed ones included.
struct WorkDone {
  std::string launcher;
  int stream = 0;  // 0: the default stream; the others are counted from 1, as they were made
  std::uint64_t loaded_bytes = 0, stored_bytes = 0;  // of the device's memory, with options.count_bytes
  // With options.check_streams and streams: its place in the order that they and events give.
  std::uint32_t lane = 0;
  std::vector<std::uint32_t> clock = {};
  // Whether this was done when `later` began, whatever the timing; if neither waits for the other, a card may
  // do both at a time.
  bool comes_before(const WorkDone& later) const {
    return lane < later.clock.size() && later.clock[lane] >= clock[lane];
  }
};
std::vector<WorkDone> work_done();  // in its order, since reset_counts(), with options.list_work

struct Counts {
  std::uint64_t synchronizations = 0;  // calls that wait for the device, copies that do not return before it
  std::uint64_t allocations = 0;       // calls of cudaMalloc
  std::uint64_t pageable_copies = 0;   // from or to memory that is not pinned: they hold the program up too
};
Counts counts();  // since reset_counts()
void reset_counts();

// Device memory of any size that costs only the pages that are touched; it holds zeros.
class DeviceMapping {
 public:
  explicit DeviceMapping(std::size_t bytes);
  ~DeviceMapping();
  DeviceMapping(const DeviceMapping&) = delete;
  DeviceMapping& operator=(const DeviceMapping&) = delete;
  void* data() const { return data_; }

 private:
  void* data_;
  std::size_t bytes_;
};

}  // namespace emulator
