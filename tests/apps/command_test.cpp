#include "apps/command.h"

#include <doctest/doctest.h>

using namespace bauta;

namespace {

// What bauta train would be told, by the options of its that matter.
std::string advice(const std::vector<std::string>& arguments, bool of_card, bool training = true) {
  CommonOptions common;
  int batch = 4;
  bool resume = false;
  CLI::App program;
  CLI::App* const command = add_command(program, "train", "", "", common);
  add_precision(*command, common);
  if (training) {
    command->add_option("--lanes", common.lanes)->capture_default_str();
    command->add_option("--batch", batch)->capture_default_str();
    command->add_flag("--resume", resume);
  }
  std::vector<std::string> reversed{"train"};
  reversed.insert(reversed.begin(), arguments.rbegin(), arguments.rend());
  program.parse(reversed);
  return memory_advice(*command, of_card);
}

}  // namespace

TEST_CASE("out of memory: what lessens it and is not refused, of what is not done yet") {
  CHECK(advice({}, true) == "use --lanes 1, --precision bf16, a smaller --batch or smaller pictures");
  CHECK(advice({"--lanes", "1", "--precision", "bf16"}, true) == "use a smaller --batch or smaller pictures");
  CHECK(advice({"--lanes", "1", "--precision", "bf16", "--batch", "1"}, true) == "use smaller pictures");
  CHECK(advice({"--resume"}, true) == "use --lanes 1");
  CHECK(advice({"--resume", "--lanes", "1"}, true) == "use a card with more memory");
  CHECK(advice({}, true, false) == "use --precision bf16 or smaller pictures");
  CHECK(advice({}, false) == "use fewer --threads, a smaller --batch or smaller pictures");
  CHECK(advice({"--resume", "--threads", "1"}, false) == "use a machine with more memory");
}
