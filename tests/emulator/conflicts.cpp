#include "tests/emulator/conflicts.h"

#include <algorithm>
#include <sstream>

namespace emulator {

namespace {

constexpr std::uintptr_t kPageBytes = 1024;
constexpr std::uint32_t kAtomic = 0x80000000u, kLines = 1 << 20;  // a site: atomic bit, file, line

}  // namespace

// A stretch of memory in cells as large as the smallest access to it so far.
struct Conflicts::Page {
  explicit Page(std::size_t bytes) : cell_bytes(bytes), cells(kPageBytes / bytes) {}

  void refine(std::size_t bytes) {
    std::vector<Cell> finer(kPageBytes / bytes);
    for (std::size_t i = 0; i < finer.size(); ++i) finer[i] = cells[i * bytes / cell_bytes];
    cells = std::move(finer);
    cell_bytes = bytes;
  }

  std::size_t cell_bytes;
  std::vector<Cell> cells;
};

Conflicts::Conflicts(const char* launcher, dim3 grid, std::uint64_t first_block, std::uint64_t limit,
                     bool several_workers)
    : launcher_(launcher),
      grid_(grid),
      first_block_(first_block),
      left_(limit),
      several_workers_(several_workers) {}

Conflicts::~Conflicts() = default;

void Conflicts::access(Access kind, std::uintptr_t address, std::size_t bytes, Clock& clock, Site site) {
  std::unique_lock lock(mutex_, std::defer_lock);
  if (several_workers_) lock.lock();
  if (left_ == 0) return;
  --left_;
  if (kind == Access::Atomic) hear(address, clock);

  const auto unordered = [&](const Mark& mark) {
    return mark.block != 0 && mark.block != clock.block &&
           (mark.block >= clock.heard.size() || clock.heard[mark.block] <= mark.fences);
  };
  Mark now{clock.block, clock.fences, number_of(site)};
  if (kind == Access::Atomic) now.site |= kAtomic;
  const std::uintptr_t number = address / kPageBytes;
  if (!last_ || number != last_page_) {
    std::unique_ptr<Page>& page = pages_[number];
    if (!page) page = std::make_unique<Page>(bytes);
    last_page_ = number;
    last_ = page.get();
  }
  Page& page = *last_;
  if (bytes < page.cell_bytes) page.refine(bytes);
  const std::size_t begin = address % kPageBytes / page.cell_bytes;
  for (std::size_t i = begin; i < begin + bytes / page.cell_bytes; ++i) {
    Cell& cell = page.cells[i];
    const bool both_atomic = kind == Access::Atomic && (cell.writer.site & kAtomic);
    if (!both_atomic && unordered(cell.writer))
      report(cell.writer, "wrote", now, kind == Access::Load ? "reads" : "writes", address);
    if (kind == Access::Load) {
      cell.reader = now;
      continue;
    }
    if (unordered(cell.reader)) report(cell.reader, "read", now, "writes", address);
    cell = {now, {}};
  }
}

namespace {

void take_in(Conflicts::Fences& known, const Conflicts::Fences& told) {
  if (known.size() < told.size()) known.resize(told.size());
  for (std::size_t i = 0; i < told.size(); ++i) known[i] = std::max(known[i], told[i]);
}

}  // namespace

void Conflicts::Clock::fence() {
  ++fences;
  if (rumours.empty()) return;
  take_in(heard, rumours);
  rumours.clear();
}

// An atomic tells all that the block knew at its last fence, and hears what others told the same counter.
void Conflicts::hear(std::uintptr_t address, Clock& clock) {
  const auto found = counters_.find(address);
  if (found == counters_.end() && clock.fences == 0) return;
  Fences& told = found == counters_.end() ? counters_[address] : found->second;
  take_in(clock.rumours, told);
  if (clock.fences == 0) return;
  if (clock.heard.size() <= clock.block) clock.heard.resize(clock.block + 1);
  clock.heard[clock.block] = clock.fences;
  take_in(told, clock.heard);
}

std::uint32_t Conflicts::number_of(Site site) {
  auto file = std::find(files_.begin(), files_.end(), site.file);
  if (file == files_.end()) file = files_.insert(files_.end(), site.file);
  const auto number = static_cast<std::uint32_t>(file - files_.begin());
  return number * kLines + static_cast<std::uint32_t>(site.line) % kLines;
}

std::string Conflicts::say(const Mark& mark, const char* verb) const {
  const std::uint64_t block = first_block_ + mark.block - 1;
  const std::uint32_t site = mark.site & ~kAtomic;
  std::ostringstream out;
  out << "\n  block (" << block % grid_.x << ", " << block / grid_.x % grid_.y << ", "
      << block / grid_.x / grid_.y << ") " << verb << (mark.site & kAtomic ? " atomically" : "") << " at "
      << files_[site / kLines] << ":" << site % kLines;
  return out.str();
}

void Conflicts::report(const Mark& before, const char* did, const Mark& now, const char* does,
                       std::uintptr_t address) const {
  std::ostringstream out;
  out << launcher_ << ": two blocks access the same bytes at 0x" << std::hex << address
      << " and nothing orders them (__threadfence, then an atomic that the other comes after, and its "
         "__threadfence)"
      << say(before, did) << say(now, does);
  throw Error(out.str());
}

}  // namespace emulator
