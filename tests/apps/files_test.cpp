#include "apps/files.h"

#include <doctest/doctest.h>

#include <thread>

#include "io/file_error.h"
#include "kernels/check.h"

using namespace bauta;

namespace {

std::vector<Job> jobs(int count) {
  std::vector<Job> made;
  for (int i = 0; i < count; ++i) {
    const std::string name = std::to_string(i);
    made.push_back({"in/" + name + ".png", "out/" + name + ".png"});
  }
  return made;
}

CommonOptions quiet() {
  CommonOptions common;
  common.quiet = true;
  return common;
}

}  // namespace

TEST_CASE("files: objects come in the order of the jobs, however many are worked on at a time") {
  const auto work = [](FileReport& report) {
    if (report.index() % 3 == 0) std::this_thread::yield();
    report.fact("own", report.job().input.stem().string());
    report.wrote();
    if (report.index() == 7) throw FileError(report.job().input, "is wrong", "right it");
  };
  for (const int workers : {1, 4}) {
    Problems problems;
    const auto files = process_files(jobs(20), quiet(), false, problems, {workers, 1}, {"pictures", work});
    REQUIRE(files.size() == 20);
    for (std::size_t i = 0; i < files.size(); ++i) {
      CHECK(files[i]["own"] == std::to_string(i));
      CHECK(files[i].contains("problems") == (i == 7));
    }
    CHECK(files[7]["problems"][0] == "in/7.png: is wrong; right it");
    CHECK(problems.count() == 1);
    CHECK(problems.exit_code() == 1);
  }
}

TEST_CASE("files: a card's memory that runs out is the file's problem, with amounts and what to do") {
  FileReport report({"in/big.png", "out/big.png"}, 0);
  report.guard(
      [] { throw OutOfMemory(std::size_t{300} << 20, std::size_t{12} << 20, std::size_t{8192} << 20); });
  CHECK(report.json()["problems"][0] ==
        "in/big.png: out of the card's memory: 300 MiB asked for, 12 of 8192 MiB free; use --precision bf16, "
        "or "
        "make it smaller");
}

TEST_CASE("files: threads are shared among as many files as there are") {
  CommonOptions common;
  common.threads = 8;
  CHECK(workers_without_network(common, 100).count == 8);
  CHECK(workers_without_network(common, 100).threads == 1);
  CHECK(workers_without_network(common, 3).count == 3);
  CHECK(workers_without_network(common, 3).threads == 2);
  CHECK(workers_without_network(common, 1).threads == 8);
  const Engine engine(backend_by_name("cpu_baseline"), 2);
  CHECK(workers_beside(engine, 100).count == 2);
  CHECK(workers_beside(engine, 100).threads == 1);
  CHECK(workers_beside(engine, 1).threads == 2);
}
