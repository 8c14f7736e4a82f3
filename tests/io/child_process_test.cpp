// Other programs run beside this one.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "io/child_process.h"
#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"

namespace bauta {
namespace {

std::string read_to_end(int descriptor) {
  std::vector<std::uint8_t> bytes(1 << 20);
  bytes.resize(DescriptorReader(descriptor, "a child").read(bytes));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("child process: what it is told, gets, says and how it ends") {
  ChildProcess cat({{"cat"}, true, true, {}});
  write_all(cat.input(), std::string_view("through a pipe"), "a child");
  cat.close_input();
  CHECK(read_to_end(cat.output()) == "through a pipe");
  CHECK(cat.wait().well);

  // No shell looks at it.
  ChildProcess echo({{"printf", "%s|", "$HOME; true", "a b", "`id`"}, false, true, {}});
  CHECK(read_to_end(echo.output()) == "$HOME; true|a b|`id`|");
  CHECK(echo.wait().well);

  ChildProcess failing({{"sh", "-c", "echo first >&2; echo last >&2; echo >&2; exit 7"}, false, false, {}});
  const ChildProcess::End end = failing.wait();
  CHECK(!end.well);
  CHECK(end.how == "exit code 7");
  CHECK(end.said == "last");

  ChildProcess killed({{"sh", "-c", "kill -9 $$"}, false, false, {}});
  CHECK(killed.wait().how == "signal 9");
  CHECK_THROWS_AS(ChildProcess({{"no-such-program-anywhere"}, false, false, {}}), ProgramMissing);
}

TEST_CASE(
    "child process: endless complaints take no memory, descriptors are given, whoever is left is ended") {
  ChildProcess chatty(
      {{"sh", "-c", "yes 0123456789 | head -c 3000000 | tr -d '\\n' >&2; echo >&2"}, false, false, {}});
  CHECK(chatty.wait().said.size() <= 400);

  const TemporaryFolder folder;
  const Descriptor file = unnamed_file(folder / "beside");
  CHECK(folder.entries() == 0);
  ChildProcess giver({{"sh", "-c", "echo given >&3; echo again >&5"},
                      false,
                      false,
                      {{file.number(), 3}, {file.number(), 5}}});
  CHECK(giver.wait().well);
  ::lseek(file.number(), 0, SEEK_SET);
  CHECK(read_to_end(file.number()) == "given\nagain\n");

  const auto start = std::chrono::steady_clock::now();
  { ChildProcess sleeper({{"sleep", "60"}, false, false, {}}); }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));

  // A child of ours dies of a broken pipe even where we don't.
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  ChildProcess broken({{"sh", "-c", "kill -PIPE $$; exit 3"}, false, false, {}});
  CHECK(broken.wait().how == "signal 13");
  ChildProcess gone({{"true"}, true, false, {}});
  const std::vector<std::uint8_t> much(1 << 20);
  CHECK(contains(error_of("a child", [&] { write_all(gone.input(), much, "a child"); }),
                 "cannot be written to"));
  std::signal(SIGPIPE, before);
}

TEST_CASE("child process: waiting for it, and for what a pipe says, is ended from without") {
  std::array<int, 2> ends{}, silent{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  REQUIRE(::pipe2(silent.data(), O_CLOEXEC) == 0);
  const Descriptor stop(ends[0]), stopper(ends[1]), quiet(silent[0]), speaker(silent[1]);
  ChildProcess quick({{"true"}, false, false, {}});
  CHECK(quick.wait(stop.number()).well);
  write_all(speaker.number(), std::string_view("abc"), "a pipe");
  DescriptorReader reader(quiet.number(), "a pipe", stop.number());
  CHECK(reader.get() == 'a');

  write_all(stopper.number(), std::string_view("!"), "a pipe");
  ChildProcess sleeper({{"sleep", "60"}, false, false, {}});
  CHECK_THROWS_AS(sleeper.wait(stop.number()), Stopped);
  CHECK(reader.get() == 'b');  // what was read already
  CHECK(reader.get() == 'c');
  CHECK_THROWS_AS(reader.get(), Stopped);
}

TEST_CASE("child process: it has a process group of its own") {
  ChildProcess child({{"sh", "-c", "ps -o pgid= -p $$; echo $$"}, false, true, {}});
  const std::string said = read_to_end(child.output());
  REQUIRE(child.wait().well);
  int group = 0, id = 0;
  REQUIRE(std::sscanf(said.c_str(), "%d %d", &group, &id) == 2);
  CHECK(group == id);
  CHECK(group != ::getpgrp());
}

}  // namespace bauta
