#include "tests/emulator/memory.h"

#include <sys/mman.h>

#include <array>
#include <atomic>
#include <map>
#include <mutex>

#include "tests/emulator/emulator.h"

namespace emulator {

namespace {

struct Range {
  std::uintptr_t begin = 0;
  std::size_t bytes = 0;

  bool holds(std::uintptr_t address, std::size_t count) const {
    return address >= begin && address - begin <= bytes && count <= bytes - (address - begin);
  }
};

std::mutex mutex;
std::map<std::uintptr_t, std::size_t> ranges, pinned;
std::atomic<unsigned> removals{0};

// The ranges that a host thread found last: a kernel knows few arrays.
struct Found {
  std::array<Range, 4> ranges;
  unsigned next = 0, removals = 0;
};
constinit thread_local Found found{};

}  // namespace

void add_device_memory(const void* memory, std::size_t bytes) {
  const std::scoped_lock lock(mutex);
  ranges[reinterpret_cast<std::uintptr_t>(memory)] = bytes;
}

std::size_t remove_device_memory(const void* memory) {
  std::unique_lock lock(mutex);
  const auto range = ranges.find(reinterpret_cast<std::uintptr_t>(memory));
  if (range == ranges.end()) return 0;
  const std::size_t bytes = range->second;
  ranges.erase(range);
  ++removals;
  lock.unlock();
  forget_accesses(memory, bytes);
  return bytes;
}

void add_pinned_memory(const void* memory, std::size_t bytes) {
  const std::scoped_lock lock(mutex);
  pinned[reinterpret_cast<std::uintptr_t>(memory)] = bytes;
}

bool remove_pinned_memory(const void* memory) {
  std::unique_lock lock(mutex);
  const auto range = pinned.find(reinterpret_cast<std::uintptr_t>(memory));
  if (range == pinned.end()) return false;
  const std::size_t bytes = range->second;
  pinned.erase(range);
  lock.unlock();
  forget_accesses(memory, bytes);
  return true;
}

bool in_pinned_memory(const void* memory, std::size_t bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const std::scoped_lock lock(mutex);
  auto after = pinned.upper_bound(address);
  return after != pinned.begin() && Range{(--after)->first, after->second}.holds(address, bytes);
}

bool in_device_memory(const void* memory, std::size_t bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  if (const unsigned now = removals.load(std::memory_order_acquire); found.removals != now)
    found = {{}, 0, now};
  for (const Range& range : found.ranges)
    if (range.bytes > 0 && range.holds(address, bytes)) return true;
  const std::scoped_lock lock(mutex);
  auto after = ranges.upper_bound(address);
  if (after == ranges.begin()) return false;
  --after;
  const Range range{after->first, after->second};
  if (!range.holds(address, bytes)) return false;
  found.ranges[found.next++ % found.ranges.size()] = range;
  return true;
}

DeviceMapping::DeviceMapping(std::size_t bytes) : bytes_(bytes) {
  data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data_ == MAP_FAILED) throw Error("the emulator finds no address space for a device mapping");
  add_device_memory(data_, bytes);
}

DeviceMapping::~DeviceMapping() {
  remove_device_memory(data_);
  munmap(data_, bytes_);
}

}  // namespace emulator
