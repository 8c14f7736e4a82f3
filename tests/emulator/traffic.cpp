#include "tests/emulator/traffic.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace emulator {

namespace {

constexpr std::uintptr_t kSectorBytes = 32;
constexpr int kLanes = 32;

std::mutex mutex;
std::vector<LaunchTraffic> launches;
std::vector<WorkDone> works;
Counts counted;

}  // namespace

void TrafficCounter::begin_block(int threads) {
  for (Place& place : places_) std::fill(place.times.begin(), place.times.end(), 0);
  warps_.resize(static_cast<std::size_t>((threads + kLanes - 1) / kLanes));
}

void TrafficCounter::access(int thread, Access kind, std::uintptr_t address, Site site) {
  std::size_t i = 0;
  while (i < places_.size() &&
         !(places_[i].kind == kind && places_[i].site.line == site.line && places_[i].site.file == site.file))
    ++i;
  if (i == places_.size())
    places_.push_back({kind, site, std::vector<std::uint32_t>(warps_.size() * kLanes)});
  const std::uint32_t time = places_[i].times[static_cast<std::size_t>(thread)]++;
  warps_[static_cast<std::size_t>(thread / kLanes)].push_back(
      {static_cast<std::uint32_t>(i), time, address / kSectorBytes});
}

void TrafficCounter::end_block() {
  for (std::vector<Touch>& touches : warps_) {
    std::sort(touches.begin(), touches.end());
    const auto end = std::unique(touches.begin(), touches.end());
    for (auto touch = touches.begin(); touch != end; ++touch)
      (places_[touch->place].kind == Access::Load ? loaded_bytes_ : stored_bytes_) += kSectorBytes;
    touches.clear();
  }
}

void add_traffic(LaunchTraffic launch) {
  const std::scoped_lock lock(mutex);
  launches.push_back(std::move(launch));
}

std::vector<LaunchTraffic> traffic() {
  const std::scoped_lock lock(mutex);
  return launches;
}

void reset_traffic() {
  const std::scoped_lock lock(mutex);
  launches.clear();
}

void add_work(WorkDone work) {
  const std::scoped_lock lock(mutex);
  works.push_back(std::move(work));
}

std::vector<WorkDone> work_done() {
  const std::scoped_lock lock(mutex);
  return works;
}

void count(std::uint64_t Counts::*what) {
  const std::scoped_lock lock(mutex);
  ++(counted.*what);
}

Counts counts() {
  const std::scoped_lock lock(mutex);
  return counted;
}

void reset_counts() {
  const std::scoped_lock lock(mutex);
  works.clear();
  counted = {};
}

}  // namespace emulator
