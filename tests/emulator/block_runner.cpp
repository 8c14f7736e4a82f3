#include "tests/emulator/block_runner.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <new>
#include <numeric>
#include <sstream>
#include <utility>

#include "tests/emulator/cuda_index.h"
#include "tests/emulator/sanitizers.h"

namespace emulator {

namespace {

constexpr std::size_t kStaticSharedBytes = 48 << 10, kSharedBytes = 99 << 10;
constexpr std::align_val_t kSharedAlignment{16};

// Thrown in threads that can't go on, so that what is on their stacks is destroyed.
struct Abandoned {};

// Never 0, and never the same again, whichever host thread the block runs on.
std::uint64_t next_block_number() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::string triple(unsigned x, unsigned y, unsigned z) {
  std::ostringstream out;
  out << "(" << x << ", " << y << ", " << z << ")";
  return out.str();
}

}  // namespace

void BlockRunner::Free::operator()(std::byte* memory) const { ::operator delete(memory, kSharedAlignment); }

// ---- From the host thread

void BlockRunner::begin_launch(const Launch& launch, Conflicts* conflicts, TrafficCounter* traffic,
                               Touches* touches) {
  shape(launch.block);
  running = this;
  launch_ = &launch;
  conflicts_ = conflicts;
  traffic_ = traffic;
  touches_ = touches;
  std::iota(warp_order_.begin(), warp_order_.end(), 0);
  if (options.order == Order::Reversed) std::reverse(warp_order_.begin(), warp_order_.end());
  blockDim = launch.block;
  gridDim = launch.grid;
  detail::watched = conflicts || traffic || touches || options.device_memory_only;
}

void BlockRunner::end_launch() {
  running = nullptr;
  launch_ = nullptr;
  shared_.reset();
  current_ = nullptr;
  detail::watched = false;
  detail::block_number = 0;
}

void BlockRunner::shape(dim3 block) {
  if (block.x == shape_.x && block.y == shape_.y && block.z == shape_.z) return;
  shape_ = block;
  count_ = static_cast<int>(block.x * block.y * block.z);
  threads_.assign(static_cast<std::size_t>(count_), Thread{});
  for (unsigned i = 0; i < threads_.size(); ++i) {
    threads_[i].number = static_cast<int>(i);
    threads_[i].index = {i % block.x, i / block.x % block.y, i / (block.x * block.y)};
  }
  warps_.assign(static_cast<std::size_t>((count_ + kLanes - 1) / kLanes), Warp{});
  warp_order_.resize(warps_.size());
  for (std::size_t w = 0; w < warps_.size(); ++w) {
    const int lanes = std::min(kLanes, count_ - static_cast<int>(w) * kLanes);
    warps_[w].exists = lanes == kLanes ? ~0u : (1u << lanes) - 1;
  }
}

void BlockRunner::run_block(std::uint64_t number, std::uint32_t position) {
  const dim3 grid = launch_->grid;
  blockIdx = {static_cast<unsigned>(number % grid.x), static_cast<unsigned>(number / grid.x % grid.y),
              static_cast<unsigned>(number / grid.x / grid.y)};
  detail::block_number = next_block_number();
  for (Thread& thread : threads_) {
    thread.fiber = nullptr;
    thread.state = State::Unstarted;
  }
  for (Warp& warp : warps_) {
    warp.ready = warp.exists;
    warp.returned = 0;
    warp.groups.clear();
    warp.problem = nullptr;
  }
  if (kTsan) {  // takes a fiber for a thread, so that none serves two in a block
    idle_.clear();
    for (const auto& fiber : fibers_) idle_.push_back(fiber.get());
  }
  random_.seed(options.seed * 7919 + position);
  returned_ = arrived_ = predicates_ = 0;
  static_shared_ = 0;
  same_barrier_ = true;
  if (conflicts_) clock_ = {position, 0, {}, {}};
  if (traffic_) traffic_->begin_block(count_);
  shared_.reset();
  if (launch_->shared_bytes > 0) {  // fresh, so that AddressSanitizer knows where it ends
    shared_.reset(static_cast<std::byte*>(::operator new(launch_->shared_bytes, kSharedAlignment)));
    std::memset(shared_.get(), 0xff, launch_->shared_bytes);
  }
  tsan_release(&begin_order_);
  try {
    while (returned_ < count_) {
      if (options.order == Order::Random) std::shuffle(warp_order_.begin(), warp_order_.end(), random_);
      for (const int warp : warp_order_) run_warp(warp);
      if (returned_ < count_) finish_barrier();
    }
  } catch (...) {
    abandon();
    throw;
  }
  tsan_acquire(&end_order_);
  if (traffic_) traffic_->end_block();
}

// Until each of its threads has returned or waits at a barrier.
void BlockRunner::run_warp(int number) {
  Warp& warp = warps_[static_cast<std::size_t>(number)];
  while (warp.ready) {
    resume(threads_[static_cast<std::size_t>(number * kLanes + pick(warp.ready))]);
    if (exception_) std::rethrow_exception(std::exchange(exception_, nullptr));
  }
  if (warp.problem) throw Error(describe(warp.problem));
  // Masks do not overlap, so the lanes that are missed can't be at another warp operation.
  if (!warp.groups.empty()) throw Error(describe("a warp operation waits for lanes that wait at a barrier"));
}

int BlockRunner::pick(std::uint32_t ready) {
  if (options.order == Order::InOrder) return std::countr_zero(ready);
  if (options.order == Order::Reversed) return 31 - std::countl_zero(ready);
  const int skipped = static_cast<int>(random_() % static_cast<unsigned>(std::popcount(ready)));
  for (int i = 0; i < skipped; ++i) ready &= ready - 1;
  return std::countr_zero(ready);
}

void BlockRunner::resume(Thread& thread) {
  if (!thread.fiber) {
    if (idle_.empty()) {
      fibers_.push_back(std::make_unique<Fiber>(
          [](Fiber& self, void* runner) { static_cast<BlockRunner*>(runner)->fiber_main(self); }, this));
      idle_.push_back(fibers_.back().get());
    }
    thread.fiber = idle_.back();
    idle_.pop_back();
  }
  Fiber* fiber = thread.fiber;
  current_ = &thread;
  warp_of(thread).ready &= ~(1u << thread.number % kLanes);
  threadIdx = thread.index;
  fiber->resume();
  if (!current_->fiber && !kTsan) idle_.push_back(fiber);
}

void BlockRunner::finish_barrier() {
  if (!same_barrier_) throw Error(describe("threads wait at different barriers"));
  if (returned_ > 0 && !options.allow_early_exit)
    throw Error(describe("threads have returned before a barrier that others wait at"));
  barrier_total_ = predicates_;
  arrived_ = predicates_ = 0;
  ++barriers_;
  for (Warp& warp : warps_) warp.ready = warp.exists & ~warp.returned;
}

// Unwinds the threads that are under way.
void BlockRunner::abandon() {
  abandoning_ = true;
  for (Thread& thread : threads_)
    if (thread.fiber) resume(thread);
  abandoning_ = false;
  exception_ = nullptr;
  tsan_acquire(&end_order_);
}

// ---- On a fiber

// Threads that never wait need no stack of their own: this one takes the next as well.
void BlockRunner::fiber_main(Fiber& self) {
  for (;;) {
    do {
      current_->fiber = &self;
      run_thread();
    } while (!kTsan && take_next());
    self.suspend();
  }
}

void BlockRunner::run_thread() {
  Thread& me = *current_;
  me.state = State::Running;
  tsan_acquire(&begin_order_);
  try {
    launch_->thread();
  } catch (const Abandoned&) {
  } catch (...) {
    exception_ = std::current_exception();
  }
  tsan_release(&end_order_);
  Warp& warp = warp_of(me);
  const int lane = me.number % kLanes;
  me.state = State::Returned;
  me.fiber = nullptr;
  warp.returned |= 1u << lane;
  ++returned_;
  for (const Group& group : warp.groups)
    if (group.mask >> lane & 1) warp.problem = "the mask names a lane that has returned";
}

bool BlockRunner::take_next() {
  if (exception_ || abandoning_) return false;
  Warp& warp = warp_of(*current_);
  if (!warp.ready) return false;
  const int lane = pick(warp.ready);
  Thread& next = threads_[static_cast<std::size_t>(current_->number / kLanes * kLanes + lane)];
  if (next.state != State::Unstarted) return false;
  warp.ready &= ~(1u << lane);
  current_ = &next;
  threadIdx = next.index;
  return true;
}

void BlockRunner::wait(State state) {
  Thread& me = *current_;
  me.state = state;
  me.fiber->suspend();
  if (abandoning_) throw Abandoned{};
  me.state = State::Running;
}

int BlockRunner::barrier(bool predicate, Site site) {
  current_->site = site;
  if (arrived_++ == 0) barrier_site_ = site;
  if (!same(site, barrier_site_)) same_barrier_ = false;
  predicates_ += predicate;
  // Two places in turn, so that who acquires late does not hear of what was released for the next barrier.
  char* order = &barrier_order_[barriers_ & 1];
  tsan_release(order);
  wait(State::AtBarrier);
  tsan_acquire(order);
  return barrier_total_;
}

void BlockRunner::watch(Access kind, const void* pointer, std::size_t bytes, Site site) {
  const UnseenByTsan unseen;
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  if (traffic_) traffic_->access(current_->number, kind, address, site);
  if (conflicts_) conflicts_->access(kind, address, bytes, clock_, site);
  if (touches_) touches_->add(kind != Access::Load, address, bytes);
}

void BlockRunner::fence() { clock_.fence(); }

void* BlockRunner::dynamic_shared() const {
  if (!shared_) fail("no dynamic shared memory was asked for at the launch");
  return shared_.get();
}

void BlockRunner::begin_shared(std::size_t bytes) {
  static_shared_ += bytes;
  if (static_shared_ > kStaticSharedBytes) fail("more than 48 KiB of __shared__ arrays");
  if (static_shared_ + launch_->shared_bytes > kSharedBytes)
    fail("more than 99 KiB of shared memory, __shared__ arrays and dynamic together");
}

// ---- Words

std::string BlockRunner::place() const {
  return std::string(launch_->launcher) + ": block " + triple(blockIdx.x, blockIdx.y, blockIdx.z);
}

void BlockRunner::fail(const std::string& what) const {
  throw Error(place() + ", thread " + triple(threadIdx.x, threadIdx.y, threadIdx.z) + ": " + what);
}

std::string BlockRunner::describe(const std::string& what) const {
  std::map<std::string, std::vector<int>> places;
  for (int i = 0; i < count_; ++i) {
    const Thread& thread = threads_[static_cast<std::size_t>(i)];
    const bool ready = warps_[static_cast<std::size_t>(i / kLanes)].ready >> i % kLanes & 1;
    std::ostringstream where;
    if (thread.state == State::Unstarted)
      where << "not started yet";
    else if (thread.state == State::Returned)
      where << "returned";
    else
      where << (ready                              ? "gone on from "
                : thread.state == State::AtBarrier ? "at the barrier "
                                                   : "at the warp operation ")
            << thread.site.file << ":" << thread.site.line;
    if (thread.state == State::AtWarp) where << " with mask 0x" << std::hex << thread.mask;
    places[where.str()].push_back(i);
  }
  std::ostringstream out;
  out << place() << ": " << what;
  for (const auto& [where, threads] : places) {
    const uint3 first = threads_[static_cast<std::size_t>(threads.front())].index;
    out << "\n  " << threads.size() << (threads.size() == 1 ? " thread " : " threads ") << where << ", first "
        << triple(first.x, first.y, first.z);
  }
  return out.str();
}

}  // namespace emulator
