#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "kernels/cudnn_plan_file.h"

namespace bauta::test {
namespace {

namespace fs = std::filesystem;
using cudnn::PlanFile;
using cudnn::PlanKey;
using cudnn::RememberedPlan;

// Where plan files lie while it lives.
class CacheFolder {
 public:
  CacheFolder() : path_(fs::temp_directory_path() / ("bauta-plans-" + std::to_string(getpid()))) {
    fs::create_directories(path_);
    use(path_);
  }
  ~CacheFolder() {
    unsetenv("BAUTA_CACHE_DIR");
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  static void use(const fs::path& folder) { setenv("BAUTA_CACHE_DIR", folder.c_str(), 1); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

PlanKey key(int batch) {
  PlanKey key;
  key.problem.x = {batch, 66, 66, 256};
  key.problem.w = {256, 3, 3, 256};
  key.problem.y = {batch, 64, 64, 256};
  return key;
}

const RememberedPlan kFirst{{62, {{1, 2}, {13, -64}}}, 0.25, 131}, kSecond{{0, {}}, 1e-5, 0};

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("plan file: remembers, replaces, and tells problems, cards and versions apart") {
  const CacheFolder folder;
  const PlanFile file("NVIDIA H100 80GB HBM3", 91900);
  CHECK(fs::path(file.path()) == folder.path() / "plans-nvidia-h100-80gb-hbm3-cudnn-91900.txt");
  CHECK_FALSE(file.find(key(1)));
  file.remember(key(1), kSecond);
  file.remember(key(2), kSecond);
  file.remember(key(1), kFirst);
  PlanKey rounded = key(1), accumulated = key(1);
  rounded.tf32 = true;
  accumulated.problem.mode = GradMode::Accumulate;
  CHECK(file.find(key(1)) == kFirst);
  CHECK(file.find(key(2)) == kSecond);
  CHECK_FALSE(file.find(rounded));
  CHECK_FALSE(file.find(accumulated));
  CHECK_FALSE(PlanFile("NVIDIA H100 80GB HBM3", 91901).find(key(1)));
  CHECK_FALSE(PlanFile("NVIDIA A100", 91900).find(key(1)));
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);  // nothing unfinished stays
}

TEST_CASE("plan file: damaged lines and foreign files are as if they were not there") {
  const CacheFolder folder;
  const PlanFile file("card", 1);
  file.remember(key(1), kFirst);
  file.remember(key(2), kFirst);
  const std::string whole = text_of(file.path());
  for (std::size_t length = 0; length < whole.size() - 1; ++length) {
    std::ofstream(file.path()) << whole.substr(0, length);
    CHECK_FALSE(file.find(key(2)));
  }
  std::ofstream(file.path()) << whole << "\n|\n | \nfprop | engine x\n" << std::string(100, '|');
  CHECK(file.find(key(2)) == kFirst);
  std::ofstream(file.path()) << "something else\n" << whole;
  CHECK_FALSE(file.find(key(1)));
  file.remember(key(1), kFirst);
  CHECK(file.find(key(1)) == kFirst);
}

TEST_CASE("plan file: a folder that cannot be written, or is not known, is no error") {
  const CacheFolder folder;
  std::ofstream(folder.path() / "file") << "no folder";
  CacheFolder::use(folder.path() / "file" / "below");
  const PlanFile file("card", 1);
  file.remember(key(1), kFirst);
  CHECK_FALSE(file.find(key(1)));
}

}  // namespace
}  // namespace bauta::test
