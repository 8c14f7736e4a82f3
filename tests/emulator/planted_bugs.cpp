// planted_bugs NAME [--fixed]: runs the kernel in all orders and prints what was found; exits with 1 if
// anything. planted_bugs --list: the bugs that this build must find, with the words that its report must
// contain. planted_bugs --names: all, for the twins without the bug.
#include "tests/emulator/planted_bugs.h"

#include <cstdio>
#include <cstring>
#include <exception>

#if defined(__SANITIZE_THREAD__)
#define PLANTED_TSAN
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PLANTED_TSAN
#endif
#endif

namespace {

using planted::Bug;
using planted::FoundBy;

#if defined(EMULATOR_ASAN)
constexpr FoundBy kThisBuild = FoundBy::Asan;
#elif defined(PLANTED_TSAN)
constexpr FoundBy kThisBuild = FoundBy::Tsan;
#else
constexpr FoundBy kThisBuild = FoundBy::Emulator;
#endif

std::vector<Bug> all_bugs() {
  std::vector<Bug> result;
  for (const auto& bugs : {planted::bugs_in_blocks(), planted::bugs_in_warps(), planted::bugs_in_memory(),
                           planted::bugs_in_grids(), planted::bugs_in_streams(), planted::bugs_in_captures()})
    result.insert(result.end(), bugs.begin(), bugs.end());
  return result;
}

std::string report(const Bug& bug, bool fixed) {
  for (const emulator::Order order :
       {emulator::Order::InOrder, emulator::Order::Reversed, emulator::Order::Random}) {
    const emulator::ScopedOptions restored;
    emulator::options.order = order;
    try {
      if (const std::string wrong = bug.run(fixed); !wrong.empty()) return wrong;
    } catch (const std::exception& error) {
      return error.what();
    }
  }
  return "";
}

void list(const Bug& bug) {
  const bool race = bug.found_by == FoundBy::Order && kThisBuild == FoundBy::Tsan;
  if (bug.found_by == FoundBy::Emulator || bug.found_by == FoundBy::Order || bug.found_by == kThisBuild)
    std::printf("%s\t%s\n", bug.name, race ? "data race" : bug.words);
}

}  // namespace

int main(int count, char** arguments) {
  const bool fixed = count == 3 && std::strcmp(arguments[2], "--fixed") == 0;
  const std::string name = count == 2 || fixed ? arguments[1] : "";
  for (const Bug& bug : all_bugs()) {
    if (name == "--names") std::puts(bug.name);
    if (name == "--list") list(bug);
    if (name != bug.name) continue;
    const std::string found = report(bug, fixed);
    std::puts(found.empty() ? "nothing found" : found.c_str());
    return found.empty() ? 0 : 1;
  }
  if (name == "--names" || name == "--list") return 0;
  std::fprintf(stderr, "usage: planted_bugs NAME [--fixed] | --list | --names\n");
  return 2;
}
