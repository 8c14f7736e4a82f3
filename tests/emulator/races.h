// Finds two pieces of work on different streams that touch the same bytes, one of them writing, with no event
// between them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "tests/emulator/emulator.h"

namespace emulator {

// What has happened before: by lane, how many pieces of its work. A lane is a stream, or a branch of a graph.
using Clock = std::vector<std::uint32_t>;
void take_in(Clock& known, const Clock& told);

constexpr std::uintptr_t kTouchedPage = 1024;

// The bytes of a page, one bit each.
struct TouchedBytes {
  using Bits = std::array<std::uint64_t, kTouchedPage / 64>;
  Bits read{}, written{};
};

// What one piece of work has touched.
class Touches {
 public:
  void add(bool writes, std::uintptr_t address, std::size_t bytes);
  void take_in(const Touches& other);
  const auto& pages() const { return pages_; }

 private:
  TouchedBytes& page(std::uintptr_t number);

  std::unordered_map<std::uintptr_t, TouchedBytes> pages_;  // stay where they are
  std::uintptr_t last_number_ = 0;
  TouchedBytes* last_ = nullptr;
};

class Races {
 public:
  // The work, which is number clock[lane] of its lane, comes after all that is in its clock.
  // Throws Error when it meets other work.
  void add(const WorkDone& work, std::uint32_t lane, const Clock& clock, const Touches& touches);
  void forget(std::uintptr_t begin, std::size_t bytes);  // what is allocated there next is other memory
  void forget_all();

 private:
  // Earlier work, as far as nothing that came after it stands for it.
  struct Record {
    std::uint32_t lane, number;
    std::shared_ptr<const WorkDone> work;
    TouchedBytes bytes;
  };

  std::mutex mutex_;
  std::unordered_map<std::uintptr_t, std::vector<Record>> pages_;
};

}  // namespace emulator
