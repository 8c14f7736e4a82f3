#include "apps/in_order.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using bauta::work_in_order;

namespace {

// Some pieces take longer than others.
void work_a_little(std::size_t i) {
  std::atomic<int> sum{0};
  for (std::size_t n = 0; n < (i * 7919) % 20000; ++n) sum += 1;
}

}  // namespace

TEST_CASE("each piece of work is done once, and handed over in order") {
  constexpr std::size_t kThings = 200;
  for (const int workers : {0, 1, 2, 7, 300}) {
    CAPTURE(workers);
    std::vector<std::size_t> results(kThings), order;
    std::atomic<int> begun{0};
    work_in_order(kThings, workers, [&] { ++begun; },
                  {[&](std::size_t i) {
                     work_a_little(i);
                     results[i] += i + 1;
                   },
                   [&](std::size_t i) {
                     CHECK(results[i] == i + 1);
                     order.push_back(i);
                   }});
    REQUIRE(order.size() == kThings);
    for (std::size_t i = 0; i < kThings; ++i) CHECK(order[i] == i);
    CHECK(begun <= std::max(workers, 1));
  }
}

TEST_CASE("no more is begun at a time than there are workers") {
  std::atomic<int> at_work{0}, most{0};
  work_in_order(50, 3, [] {},
                {[&](std::size_t i) {
                   const int now = ++at_work;
                   int before = most;
                   while (before < now && !most.compare_exchange_weak(before, now)) {
                   }
                   work_a_little(i);
                   --at_work;
                 },
                 [](std::size_t) {}});
  CHECK(most <= 3);
}

TEST_CASE("a single worker is the calling thread, and nothing to do is no work") {
  const auto caller = std::this_thread::get_id();
  int done = 0;
  work_in_order(
      3, 1, [] {},
      {[&](std::size_t) { CHECK(std::this_thread::get_id() == caller); }, [&](std::size_t) { ++done; }});
  CHECK(done == 3);
  work_in_order(0, 4, [] {}, {[](std::size_t) { FAIL("no work"); }, [](std::size_t) { FAIL("no result"); }});
}

TEST_CASE("what is thrown ends the work and arrives") {
  for (const int workers : {1, 4}) {
    CAPTURE(workers);
    std::vector<std::size_t> handed_over;
    const auto throws_at_30 = [](std::size_t i) {
      if (i == 30) throw std::runtime_error("at 30");
    };
    CHECK_THROWS_WITH(
        work_in_order(1000, workers, [] {}, {throws_at_30, [&](std::size_t i) { handed_over.push_back(i); }}),
        "at 30");
    CHECK(handed_over.size() <= 30);
    CHECK_THROWS_WITH(work_in_order(1000, workers, [] {}, {[](std::size_t) {}, throws_at_30}), "at 30");
  }
}

TEST_CASE("of several things that throw, the first one's error arrives, however quick the others are") {
  CHECK_THROWS_WITH(work_in_order(8, 4, [] {},
                                  {[](std::size_t i) {
                                     std::this_thread::sleep_for(std::chrono::milliseconds(i == 0 ? 50 : 0));
                                     throw std::runtime_error("at " + std::to_string(i));
                                   },
                                   [](std::size_t) {}}),
                    "at 0");
}

TEST_CASE("after a stop nothing is begun, and what was is handed over") {
  for (const int workers : {1, 4}) {
    CAPTURE(workers);
    std::atomic<int> begun{0};
    int handed_over = 0;
    work_in_order(
        1000, workers, [] {},
        {[&](std::size_t) { ++begun; }, [&](std::size_t) { ++handed_over; }, [&] { return begun >= 20; }});
    CHECK(begun >= 20);
    CHECK(begun <= 20 + workers);
    CHECK(handed_over == begun);
  }
}

TEST_CASE("nothing is done far ahead of what was handed over") {
  std::atomic<std::size_t> handed_over{0}, furthest{0};
  work_in_order(2000, 4, [] {},
                {[&](std::size_t i) {
                   if (i == 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
                   if (i > handed_over + furthest) furthest = i - handed_over;
                 },
                 [&](std::size_t) { ++handed_over; }});
  CHECK(furthest <= bauta::kMostAhead);
  CHECK(handed_over == 2000);
}
