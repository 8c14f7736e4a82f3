// Work on many things at a time, its results handed over in the order of the things.
#pragma once

#include <cstddef>
#include <functional>

namespace bauta {

// How much is done at a time: `count` pieces of work, each on so many threads.
struct Workers {
  int count = 1;
  int threads = 1;  // of a piece of work by itself
};

struct OrderedWork {
  std::function<void(std::size_t)> work;       // on the worker's thread
  std::function<void(std::size_t)> hand_over;  // one at a time, in order; on any worker's thread
  std::function<bool()> stop = {};             // asked before each thing: if it is true, no more is begun
};

// Nothing is begun that is this far past the first that was not handed over: what is done must not pile up
// behind one that takes long.
inline constexpr std::size_t kMostAhead = 256;

// Calls work(i) for each i below `things`, `workers` of them at a time, and hand_over(i) when i and all
// before it are done. begin() is called first on each worker's thread; a single worker is the calling thread.
// What any of the three throws ends the work, no more is begun, and what the first of the things threw is
// thrown here, whichever thread was the quickest. After a stop, what was begun is done and handed over.
void work_in_order(std::size_t things, int workers, const std::function<void()>& begin,
                   const OrderedWork& ordered);

}  // namespace bauta
