#include "tests/emulator/races.h"

#include <algorithm>
#include <bit>
#include <sstream>

namespace emulator {

namespace {

constexpr std::uintptr_t kWord = 64;

// The bits first .. first+count-1 of a word.
std::uint64_t bits(std::uintptr_t first, std::size_t count) {
  return (count >= kWord ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1) << first;
}

std::string say(const WorkDone& work, const char* verb) {
  return "\n  " + work.launcher + " on stream " + std::to_string(work.stream) + " " + verb;
}

[[noreturn]] void report(const WorkDone& before, const WorkDone& now, const TouchedBytes& did,
                         const TouchedBytes& does, std::uintptr_t page) {
  for (std::uintptr_t i = 0; i < kTouchedPage; ++i) {
    const auto has = [i](const TouchedBytes::Bits& all) { return (all[i / kWord] >> i % kWord & 1) != 0; };
    if (!(has(did.written) && (has(does.read) || has(does.written))) && !(has(did.read) && has(does.written)))
      continue;
    std::ostringstream out;
    out << now.launcher << ": two streams access the same bytes at 0x" << std::hex << page * kTouchedPage + i
        << " and no event orders them (wait_for)" << say(before, has(did.written) ? "wrote" : "read")
        << say(now, has(does.written) ? "writes" : "reads");
    throw Error(out.str());
  }
  throw Error("two streams meet, and nobody knows where");
}

}  // namespace

void take_in(Clock& known, const Clock& told) {
  if (known.size() < told.size()) known.resize(told.size());
  for (std::size_t i = 0; i < told.size(); ++i) known[i] = std::max(known[i], told[i]);
}

// ---- One piece of work

TouchedBytes& Touches::page(std::uintptr_t number) {
  if (!last_ || number != last_number_) {
    last_ = &pages_[number];
    last_number_ = number;
  }
  return *last_;
}

void Touches::add(bool writes, std::uintptr_t address, std::size_t bytes) {
  while (bytes > 0) {
    TouchedBytes& touched = page(address / kTouchedPage);
    TouchedBytes::Bits& all = writes ? touched.written : touched.read;
    const std::size_t count = std::min<std::size_t>(bytes, kWord - address % kWord);
    all[address % kTouchedPage / kWord] |= bits(address % kWord, count);
    address += count;
    bytes -= count;
  }
}

void Touches::take_in(const Touches& other) {
  for (const auto& [number, bytes] : other.pages_) {
    TouchedBytes& mine = page(number);
    for (std::size_t i = 0; i < mine.read.size(); ++i) {
      mine.read[i] |= bytes.read[i];
      mine.written[i] |= bytes.written[i];
    }
  }
}

// ---- All of them

void Races::add(const WorkDone& work, std::uint32_t lane, const Clock& clock, const Touches& touches) {
  const std::scoped_lock lock(mutex_);
  std::shared_ptr<const WorkDone> shared;
  for (const auto& [number, mine] : touches.pages()) {
    std::vector<Record>& records = pages_[number];
    for (Record& record : records) {
      const bool ordered =
          record.lane == lane || (record.lane < clock.size() && clock[record.lane] >= record.number);
      for (std::size_t i = 0; i < mine.read.size(); ++i) {
        const std::uint64_t read = mine.read[i], written = mine.written[i];
        std::uint64_t &did_read = record.bytes.read[i], &did_write = record.bytes.written[i];
        if (!ordered && ((did_write & (read | written)) != 0 || (did_read & written) != 0))
          report(*record.work, work, record.bytes, mine, number);
        // Who races with the earlier work races with this one too.
        if (!ordered) continue;
        did_write &= ~written;
        did_read &= ~(read | written);
      }
    }
    std::erase_if(records, [](const Record& record) {
      const auto none = [](const TouchedBytes::Bits& all) {
        return std::all_of(all.begin(), all.end(), [](std::uint64_t word) { return word == 0; });
      };
      return none(record.bytes.read) && none(record.bytes.written);
    });
    if (!shared) shared = std::make_shared<const WorkDone>(work);
    records.push_back({lane, clock[lane], shared, mine});
  }
}

void Races::forget(std::uintptr_t begin, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  if (pages_.empty() || bytes == 0) return;
  const std::uintptr_t end = begin + bytes, first = begin / kTouchedPage, last = (end - 1) / kTouchedPage;
  const auto forget_bytes = [&](std::uintptr_t number, std::vector<Record>& records) {
    for (std::uintptr_t i = 0; i < kTouchedPage; ++i) {
      if (number * kTouchedPage + i < begin || number * kTouchedPage + i >= end) continue;
      for (Record& record : records)
        for (TouchedBytes::Bits* all : {&record.bytes.read, &record.bytes.written})
          (*all)[i / kWord] &= ~bits(i % kWord, 1);
    }
  };
  // Two neighbours may share the first page and the last.
  for (const std::uintptr_t number : {first, last})
    if (const auto page = pages_.find(number); page != pages_.end()) forget_bytes(number, page->second);
  if (last - first > pages_.size())  // of large memory few pages were touched
    std::erase_if(pages_, [&](const auto& page) { return page.first > first && page.first < last; });
  else
    for (std::uintptr_t number = first + 1; number < last; ++number) pages_.erase(number);
}

void Races::forget_all() {
  const std::scoped_lock lock(mutex_);
  pages_.clear();
}

}  // namespace emulator
