// Launches: limits, workers, options, and the hooks that memory accesses call.
#include "tests/emulator/emulator.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <numeric>
#include <optional>
#include <sstream>
#include <thread>

#include "tests/emulator/block_runner.h"
#include "tests/emulator/memory.h"
#include "tests/emulator/sanitizers.h"
#include "tests/emulator/streams.h"

namespace emulator {

namespace {

Options initial_options() {
  Options result;
  const char* order = std::getenv("BAUTA_EMULATOR_ORDER");
  if (!order || std::strcmp(order, "in_order") == 0) return result;
  result.order = std::strcmp(order, "reversed") == 0 ? Order::Reversed : Order::Random;
  if (result.order == Order::Reversed) return result;
  const char* const end = order + std::strlen(order);
  if (const auto [stopped, error] = std::from_chars(order, end, result.seed);
      error != std::errc() || stopped != end || order == end) {
    // Before main: nobody could catch what was thrown.
    std::fprintf(stderr,
                 "BAUTA_EMULATOR_ORDER is '%s'; it may be in_order, reversed, or a random order's seed\n",
                 order);
    std::exit(2);
  }
  return result;
}

}  // namespace

// What every card since sm_70 takes; shared memory as on sm_89 and sm_120.
void check_launch(const char* launcher, dim3 grid, dim3 block, std::size_t shared_bytes) {
  constexpr std::size_t kThreads = 1024, kBlockZ = 64, kGridX = 0x7fffffff, kGridYZ = 65535,
                        kSharedBytes = 99 << 10;
  const auto check = [&](bool fits, const char* what, auto is, std::size_t limit) {
    if (fits) return;
    std::ostringstream out;
    out << launcher << ": " << what << " is " << is << ", a card takes " << limit;
    throw Error(out.str());
  };
  const std::size_t threads = std::size_t{block.x} * block.y * block.z;
  check(threads > 0, "the number of threads in a block", threads, kThreads);
  check(std::size_t{grid.x} * grid.y * grid.z > 0, "the number of blocks", 0, kGridX);
  check(block.x <= kThreads && block.y <= kThreads && threads <= kThreads, "the number of threads in a block",
        threads, kThreads);
  check(block.z <= kBlockZ, "the block's z", block.z, kBlockZ);
  check(grid.x <= kGridX, "the grid's x", grid.x, kGridX);
  check(grid.y <= kGridYZ, "the grid's y", grid.y, kGridYZ);
  check(grid.z <= kGridYZ, "the grid's z", grid.z, kGridYZ);
  check(shared_bytes <= kSharedBytes, "dynamic shared memory in bytes", shared_bytes, kSharedBytes);
  if (running) throw Error(std::string(launcher) + ": a kernel launches a kernel");
}

namespace {

// Numbers 0 .. count-1 in the order that options ask for.
class BlockOrder {
 public:
  explicit BlockOrder(std::uint64_t count) : count_(count), stride_(1) {
    if (options.order != Order::Random) return;
    std::minstd_rand random(options.seed + 1);
    shift_ = random() % count;
    stride_ = random() % count;
    while (std::gcd(stride_, count) != 1) ++stride_;
  }
  std::uint64_t operator[](std::uint64_t i) const {
    if (options.order == Order::InOrder) return i;
    if (options.order == Order::Reversed) return count_ - 1 - i;
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((Wide{i} * stride_ + shift_) % count_);
  }

 private:
  std::uint64_t count_, stride_, shift_ = 0;
};

}  // namespace

Options options = initial_options();

void run(const char* launcher, dim3 grid, dim3 block, std::size_t shared_bytes,
         const std::function<void()>& thread) {
  check_launch(launcher, grid, block, shared_bytes);
#ifdef EMULATOR_ASAN
  // There __shared__ is static, so that it gets redzones: one launch at a time.
  static std::mutex one_at_a_time;
  const std::scoped_lock alone(one_at_a_time);
#endif
  const Launch launch{launcher, grid, block, shared_bytes, thread};
  const std::uint64_t all = std::uint64_t{grid.x} * grid.y * grid.z;
  const std::uint64_t blocks =
      options.last_blocks > 0 && options.last_blocks < all ? options.last_blocks : all;
  const std::uint64_t first = all - blocks;
  const int workers = kAsan || kTsan || blocks == 1 ? 1 : std::max(options.workers, 1);
  std::optional<Conflicts> conflicts;
  if (options.check_blocks && blocks > 1 && blocks < 0xffffffff)
    conflicts.emplace(launcher, grid, first, options.checked_accesses, workers > 1);
  LaunchTraffic moved{launcher, grid, block};
  Running* const work_of_stream = running_work;
  const bool touches_count = work_of_stream && work_of_stream->watched;

  const BlockOrder order(blocks);
  std::atomic<std::uint64_t> next{0};
  std::exception_ptr exception;
  std::mutex mutex;
  const auto work = [&] {
    static thread_local BlockRunner runner;
    TrafficCounter counter;
    Touches touches;
    try {
      runner.begin_launch(launch, conflicts ? &*conflicts : nullptr, options.count_bytes ? &counter : nullptr,
                          touches_count ? &touches : nullptr);
      for (std::uint64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < blocks;)
        runner.run_block(first + order[i], static_cast<std::uint32_t>(order[i] + 1));
    } catch (...) {
      const std::scoped_lock lock(mutex);
      if (!exception) exception = std::current_exception();
      next = blocks;
    }
    runner.end_launch();
    const std::scoped_lock lock(mutex);
    moved.loaded_bytes += counter.loaded_bytes();
    moved.stored_bytes += counter.stored_bytes();
    if (touches_count) work_of_stream->touches.take_in(touches);
  };
  if (workers == 1) {
    work();
  } else {
    std::vector<std::jthread> threads;
    for (int i = 0; i < workers; ++i) threads.emplace_back(work);
  }
  if (exception) std::rethrow_exception(exception);
  if (options.count_bytes && work_of_stream) {
    work_of_stream->done.loaded_bytes += moved.loaded_bytes;
    work_of_stream->done.stored_bytes += moved.stored_bytes;
  }
  if (options.count_bytes) add_traffic(moved);
}

namespace detail {

void watch(Access kind, const void* pointer, std::size_t bytes, Site site) {
  const auto complain = [&](const std::string& what) {
    std::ostringstream out;
    out << (kind == Access::Load    ? "load"
            : kind == Access::Store ? "store"
                                    : "atomic")
        << " of " << bytes << " bytes at " << pointer << " " << what << ", " << site.file << ":" << site.line;
    if (!running) throw Error(out.str());
    running->fail(out.str());
  };
  if (!pointer) complain("(null)");
  if (!std::has_single_bit(bytes) || bytes > 16) complain("is no single access: 1, 2, 4, 8 or 16 bytes are");
  if (reinterpret_cast<std::uintptr_t>(pointer) % bytes != 0) complain("is misaligned");
  if (!running) return;
  if (options.device_memory_only && !in_device_memory(pointer, bytes))
    complain("is outside all device memory");
  running->watch(kind, pointer, bytes, site);
}

void begin_shared(void* memory, std::size_t bytes, std::uint64_t& block) {
  if (running) running->begin_shared(bytes);
  const UnseenByTsan unseen;
  std::memset(memory, 0xff, bytes);
  block = block_number;
}

void fail_index(long long index, int count, Site site) {
  std::ostringstream out;
  out << "index " << index << " of a shared array of " << count << ", " << site.file << ":" << site.line;
  if (!running) throw Error(out.str());
  running->fail(out.str());
}

}  // namespace detail

}  // namespace emulator
