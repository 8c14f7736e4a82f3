// Streams, events, captures and graphs of the emulated runtime: who works after whom, and what is recorded
// instead of run. Outside captures a piece of work runs when it is submitted.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/emulator/races.h"
#include "tests/emulator/runtime.h"

namespace emulator {

// A piece of captured work.
struct Node {
  std::string launcher;
  int stream;  // its number
  std::uint32_t branch;
  Clock clock;  // over the branches, the work itself included
  std::function<void()> work;
};

struct Capture {
  std::uint64_t id;
  std::thread::id thread;
  std::vector<CUstream_st*> streams;  // by branch, that of the beginning first; null where destroyed
  std::vector<Node> nodes;
  std::string problem;  // what broke it first
};

}  // namespace emulator

struct CUstream_st {
  int number = 0;
  std::uint32_t lane = 0;
  emulator::Clock clock = {};
  emulator::Capture* capture = nullptr;  // that it takes part in, as which branch, having heard of what there
  std::uint32_t branch = 0;
  emulator::Clock captured = {};
};

struct CUevent_st {
  emulator::Clock clock;      // of the stream at the record; in a capture over its branches
  std::uint64_t capture = 0;  // 0: outside
  std::uint64_t epoch = 0;    // 0: never recorded
};

struct CUgraph_st {
  std::vector<emulator::Node> nodes;
  std::vector<std::uint32_t> steps;  // by branch: how many there are
};

struct CUgraphExec_st {
  CUgraph_st graph;
  std::uint64_t epoch = 0;
  std::vector<std::uint32_t> lanes;  // by branch, in that epoch
  emulator::Clock done;              // when its last replay was
};

namespace emulator {

// What all streams share. An epoch ends when no stream and no graph is left: then there is one queue, nothing
// is watched, and lanes are counted anew.
struct Streams {
  std::mutex mutex;
  CUstream_st default_stream;
  std::set<CUstream_st*> made;
  std::set<CUgraphExec_st*> graphs;
  std::map<std::uint64_t, Capture> captures;
  Clock host, all;  // what the program has waited for, what there is
  std::uint64_t epoch = 1, last_capture = 0;
  std::uint32_t lanes = 1;
  int last_number = 0;
  Races races;

  bool watching() const { return !made.empty() || !graphs.empty(); }
  CUstream_st& find(CUstream_st* stream, const std::string& call);  // throws Error when it was destroyed
  Capture* capture_of_this_thread();
  void end_epoch_if_alone();
  void wait_on_host(const Clock& clock);
};
Streams& streams();  // hold its mutex

// Remembers the first, so that the capture's end fails too, and throws Error.
[[noreturn]] void fail_capture(Capture& capture, const std::string& call, const std::string& what);

// Runs the work, or records it where the stream is captured; what it needs must be in the closure. Throws
// Error when the work races with other work, or is left out of this thread's capture; or what the work
// throws.
void submit(CUstream_st* stream, const std::string& launcher, std::function<void()> work);
// Runs work that comes after all that is in its clock, itself as clock[lane].
void perform(const std::string& launcher, int stream, std::uint32_t lane, const Clock& clock, bool watched,
             const std::function<void()>& work);
bool is_captured(CUstream_st* stream, const std::string& call);

// A call that captures forbid. Throws Error while this thread captures.
void forbid_in_capture(const char* call);
// The same for calls in destructors: returns whether, and the capture's end throws.
bool breaks_capture(const char* call) noexcept;
// For what is forbidden on captured streams alone.
[[noreturn]] void fail_capture_of(CUstream_st* stream, const std::string& call, const std::string& what);

// The piece of work that runs on this host thread.
struct Running {
  WorkDone done;
  bool watched = false;
  Touches touches = {};
};
inline constinit thread_local Running* running_work = nullptr;
// It reads or writes the device's memory, or pinned memory, as a whole.
void touch(bool writes, const void* memory, std::size_t bytes);

}  // namespace emulator
