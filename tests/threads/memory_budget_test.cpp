#include "apps/memory_budget.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using namespace bauta;

TEST_CASE("shares of a budget are never more than it together") {
  constexpr std::uint64_t kAll = 100;
  MemoryBudget budget(kAll);
  std::atomic<std::uint64_t> used{0}, most{0};
  std::vector<std::jthread> threads;
  for (std::uint64_t n = 0; n < 8; ++n) {
    threads.emplace_back([&, n] {
      for (std::uint64_t i = 0; i < 200; ++i) {
        const std::uint64_t wanted = (n * 37 + i * 11) % 90 + 1;
        const MemoryShare share = budget.share(wanted);
        const std::uint64_t now = used += wanted;
        for (std::uint64_t seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        used -= wanted;
      }
    });
  }
  threads.clear();
  CHECK(most <= kAll);
  CHECK(most > 0);
  CHECK(used == 0);
}

TEST_CASE("what is larger than the budget gets all of it, and is not overtaken") {
  MemoryBudget budget(10);
  std::atomic<int> order{0}, large_at{0}, small_at{0};
  std::vector<std::jthread> threads;
  {
    const MemoryShare first = budget.share(6);
    threads.emplace_back([&] {
      const MemoryShare share = budget.share(1000);
      large_at = ++order;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    threads.emplace_back([&] {
      const MemoryShare share = budget.share(1);  // there would be room for it
      small_at = ++order;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(order == 0);
  }
  threads.clear();
  CHECK(large_at == 1);
  CHECK(small_at == 2);
  const MemoryShare all = budget.share(10);  // everything was given back
}

TEST_CASE("the usual budget is a part of the machine's memory") {
  const MemoryBudget budget;
  CHECK(budget.bytes() > (1u << 20));
}
