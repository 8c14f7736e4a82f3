// A harness without libFuzzer: HARNESS [--runs N] [--seed S] [--most BYTES] [--keep FILE] FILE|FOLDER...
// reads every file, and then N inputs made of them by chance, each of which is first written to the FILE. For
// compilers that have no libFuzzer, and for the test suite.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/harness.h"

namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read; check the path\n", path.c_str());
    std::exit(2);
  }
  return bytes;
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

// A few changes of the kinds that find most: bytes, numbers at their limits, pieces doubled, cut or taken
// from another input.
class Mutator {
 public:
  Mutator(const std::vector<Bytes>& seeds, std::uint64_t seed, std::size_t most)
      : seeds_(seeds), random_(seed), most_(most) {}

  Bytes next() {
    Bytes bytes = seeds_[below(seeds_.size())];
    for (std::size_t changes = 1 + below(5); changes > 0; --changes) change(bytes);
    if (bytes.size() > most_) bytes.resize(most_);
    return bytes;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  void change(Bytes& bytes) {
    static constexpr std::uint8_t kLimits[] = {0, 1, 0x7f, 0x80, 0xfe, 0xff, '0', '"', '}'};
    const std::size_t at = below(bytes.size() + 1), length = below(bytes.size() - at + 1) % 64;
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(6)) {
      case 0:
        if (at < bytes.size()) bytes[at] ^= static_cast<std::uint8_t>(1u << below(8));
        break;
      case 1:
        if (at < bytes.size()) bytes[at] = kLimits[below(std::size(kLimits))];
        break;
      case 2:
        bytes.erase(from, from + static_cast<std::ptrdiff_t>(length));
        break;
      case 3:
        bytes.insert(from, 1 + below(4), static_cast<std::uint8_t>(random_()));
        break;
      case 4: {
        const Bytes piece(from, from + static_cast<std::ptrdiff_t>(length));
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size() + 1)), piece.begin(),
                     piece.end());
        break;
      }
      default: {
        const Bytes& other = seeds_[below(seeds_.size())];
        const std::size_t start = below(other.size() + 1), end = start + below(other.size() - start + 1);
        bytes.erase(from, bytes.end());
        bytes.insert(bytes.end(), other.begin() + static_cast<std::ptrdiff_t>(start),
                     other.begin() + static_cast<std::ptrdiff_t>(end));
      }
    }
  }

  const std::vector<Bytes>& seeds_;
  std::mt19937_64 random_;
  std::size_t most_;
};

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t runs = 0, seed = 1;
  std::size_t most = 4096;
  std::vector<Bytes> seeds;
  const char* keep = nullptr;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with("--") && i + 1 < argc) {
      const std::uint64_t value = std::strtoull(argv[++i], nullptr, 10);
      if (argument == "--keep") keep = argv[i];
      if (argument == "--runs") runs = value;
      if (argument == "--seed") seed = value;
      if (argument == "--most") most = value;
      continue;
    }
    for (const auto& path : files_in(argument)) seeds.push_back(read(path));
  }
  if (seeds.empty()) {
    std::fprintf(stderr, "usage: %s [--runs N] [--seed S] [--most BYTES] [--keep FILE] FILE|FOLDER...\n",
                 argv[0]);
    return 2;
  }
  for (const Bytes& bytes : seeds) LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  Mutator mutator(seeds, seed, most);
  for (std::uint64_t i = 0; i < runs; ++i) {
    const Bytes bytes = mutator.next();
    if (keep)
      std::ofstream(keep, std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%zu files and %llu inputs made of them\n", seeds.size(),
              static_cast<unsigned long long>(runs));
  return 0;
}
