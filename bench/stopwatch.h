// How long something takes: the median of as many runs as fit a bounded time.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "kernels/context.h"

namespace bauta {

struct Effort {
  int least = 3, most = 25;  // timed runs
  double seconds = 0.4;      // once so long, and the least, are run, it is enough
  int warm_ups = 2;          // before; fewer if they alone took as long
  std::function<bool()> stop =
      {};  // asked between runs: true ends the measurement, after one timed run at least
};

struct Timing {
  double seconds = 0;  // a run, the median
  int runs = 0;
};

class Stopwatch {
 public:
  // flush: bytes to change before each run, which push everything else out of the caches; 0: none. On a card
  // times are the card's own with flush, and the caller's, until all is done, without.
  explicit Stopwatch(const Context& ctx, std::size_t flush = 0);

  Timing time(const std::function<void()>& run, const Effort& effort) const;

 private:
  double once(const std::function<void()>& run) const;
  void flush() const;

  const Context& ctx_;
  std::size_t bytes_;
  std::shared_ptr<void> flushed_;
};

}  // namespace bauta
