// Counts, in the emulator, the global memory that each kernel moves at the shapes of the networks, beside the
// least that it must move. Prints the table of kernels/README.md.
//
//   count_bytes [FILTER] [--document FILE]
//
// Exit code 1 when a kernel moves more or less than it may, when a launcher has no case, or when a row is not
// in the document.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "bench/kernels/cases.h"
#include "tests/emulator/emulator.h"

namespace bauta::emulated {
extern const Backend backend;
}

namespace {

using namespace bauta;

struct Count {
  std::size_t launches = 0;
  double floor = 0, moved = 0;
};

// A kernel at a shape, in bfloat16 and in float32.
struct Row {
  std::string kernel, what;
  std::array<Count, 2> of_storage;

  std::string text() const {
    std::ostringstream out;
    out << "| `" << kernel << "` | " << what << " |";
    for (const Count& count : of_storage) {
      char cells[64] = " | | | |";
      if (count.launches > 0)
        std::snprintf(cells, sizeof cells, " %zu | %.0f | %.0f | %.2f |", count.launches, count.floor / 1024,
                      count.moved / 1024, count.moved / count.floor);
      out << cells;
    }
    return out.str();
  }
};

Count counted(const bench::Case& item, const Context& ctx) {
  const auto run = item.prepare(ctx);
  run();  // the context's scratch memory is there from now on
  emulator::options.count_bytes = true;
  emulator::reset_traffic();
  run();
  emulator::options.count_bytes = false;
  const auto launches = emulator::traffic();
  Count count{launches.size(), item.bytes, 0};
  for (const auto& launch : launches)
    count.moved += static_cast<double>(launch.loaded_bytes + launch.stored_bytes);
  return count;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) throw std::runtime_error(path + ": cannot be read");
  return text.str();
}

// Returns how much is wrong.
int count_all(const std::string& filter, const std::string& document) {
  int wrong = 0;
  const auto complain = [&](const std::string& what) {
    ++wrong;
    std::fprintf(stderr, "count_bytes: %s\n", what.c_str());
  };
  const std::string stands = document.empty() ? "" : text_of(document);
  for (const std::string& name : bench::launchers_without_case())
    complain(name + " has no case in bench/kernels; add one, to a function that cases.cpp lists");

  emulator::options.check_blocks = false;
  const Context ctx(emulated::backend);
  std::vector<Row> rows;
  for (const bench::Case& item : bench::cases_with(filter)) {
    if (!item.counted) continue;
    const Count count = counted(item, ctx);
    const double ratio = count.moved / count.floor;
    if (!(ratio >= item.least && ratio <= item.most)) {
      char numbers[96];
      std::snprintf(numbers, sizeof numbers, ": %.3f times its floor, %.2f to %.2f are allowed", ratio,
                    item.least, item.most);
      complain(item.kernel + ' ' + item.what + ' ' + item.storage() + numbers);
    }
    auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& known) {
      return known.kernel == item.kernel && known.what == item.what;
    });
    if (row == rows.end()) row = rows.insert(row, {item.kernel, item.what, {}});
    row->of_storage[item.dtype == DType::Float32] = count;
  }
  std::printf(
      "| kernel | shape | launches | floor, KiB | moved, KiB | moved / floor | float32: launches | floor | "
      "moved "
      "| moved / floor |\n|---|---|---|---|---|---|---|---|---|---|\n");
  for (const Row& row : rows) {
    std::printf("%s\n", row.text().c_str());
    if (!document.empty() && stands.find(row.text() + '\n') == std::string::npos)
      complain("not in " + document + ": " + row.text());
  }
  return wrong;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Counts the bytes that each kernel moves at the shapes of the networks.");
  std::string filter, document;
  app.add_option("FILTER", filter, "part of a kernel, its shape and storage, a space between them");
  app.add_option("--document", document, "a file in which the table must stand");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    return count_all(filter, document) > 0 ? 1 : 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "count_bytes: %s\n", error.what());
    return 1;
  }
}
