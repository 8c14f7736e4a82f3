// Counts, in the emulator, the global memory that each kernel moves at the shapes of the networks, beside the
// least that it must move. Prints the table of kernels/README.md.
//
//   count_bytes [FILTER]     part of a kernel, shape and storage; exit code 1 when a kernel moves more than
//   it may
#include <cstdio>
#include <string>

#include "bench/kernels/cases.h"
#include "tests/emulator/emulator.h"

namespace bauta::emulated {
extern const Backend backend;
}

int main(int argc, char** argv) {
  using namespace bauta;
  const std::string filter = argc > 1 ? argv[1] : "";
  emulator::options.check_blocks = false;
  const Context ctx(emulated::backend);
  int above = 0;
  std::printf(
      "| kernel | shape | storage | launches | floor, KiB | moved, KiB | moved / floor |\n"
      "|---|---|---|---|---|---|---|\n");
  for (const bench::Case& item : bench::all_cases()) {
    const std::string storage = item.dtype == DType::Float32 ? "float32" : "bfloat16";
    if ((item.kernel + ' ' + item.what + ' ' + storage).find(filter) == std::string::npos) continue;
    const auto run = item.prepare(ctx);
    run();  // the context's scratch memory is there from now on
    emulator::options.count_bytes = true;
    emulator::reset_traffic();
    run();
    emulator::options.count_bytes = false;
    double moved = 0;
    const auto launches = emulator::traffic();
    for (const auto& launch : launches)
      moved += static_cast<double>(launch.loaded_bytes + launch.stored_bytes);
    const double ratio = moved / item.bytes;
    if (ratio > item.most) {
      ++above;
      std::fprintf(stderr, "count_bytes: %s %s %s: %.2f times its floor, at most %.2f\n", item.kernel.c_str(),
                   item.what.c_str(), storage.c_str(), ratio, item.most);
    }
    std::printf("| `%s` | %s | %s | %zu | %.0f | %.0f | %.2f |\n", item.kernel.c_str(), item.what.c_str(),
                storage.c_str(), launches.size(), item.bytes / 1024, moved / 1024, ratio);
    std::fflush(stdout);
  }
  return above > 0 ? 1 : 0;
}
