#include "kernels/cudnn_plan_file.h"

#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <locale>
#include <sstream>
#include <system_error>

namespace bauta::cudnn {

namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

fs::path cache_folder() {
  if (const std::string folder = variable("BAUTA_CACHE_DIR"); !folder.empty()) return folder;
  if (const std::string folder = variable("XDG_CACHE_HOME"); !folder.empty())
    return fs::path(folder) / "bauta";
  if (const std::string folder = variable("HOME"); !folder.empty())
    return fs::path(folder) / ".cache" / "bauta";
  return {};
}

// "NVIDIA H100 80GB HBM3" as nvidia-h100-80gb-hbm3.
std::string for_file_name(const std::string& card) {
  std::string name;
  for (const char letter : card)
    if (std::isalnum(static_cast<unsigned char>(letter)))
      name += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    else if (!name.empty() && name.back() != '-')
      name += '-';
  return name;
}

std::string text_of(const PlanKey& key) {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << key;
  return text.str();
}

// fprop x (1, 66, 66, 256) w ... | engine 62 knobs 1=2 13=64 | 0.0312 ms | 131 bytes
std::string line_of(const std::string& key, const RememberedPlan& plan) {
  std::ostringstream line;
  line.imbue(std::locale::classic());
  line << key << " | engine " << plan.choice.engine << " knobs";
  for (const auto& [type, value] : plan.choice.knobs) line << ' ' << type << '=' << value;
  line << " | " << plan.seconds * 1e3 << " ms | " << plan.workspace << " bytes";
  return line.str();
}

std::optional<std::pair<std::string, RememberedPlan>> parsed(const std::string& line) {
  const std::size_t bar = line.find(" | ");
  if (bar == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(bar + 3));
  rest.imbue(std::locale::classic());
  RememberedPlan plan;
  std::string word, knobs, unit;
  char separator = 0;
  if (!(rest >> word >> plan.choice.engine >> knobs) || word != "engine" || knobs != "knobs")
    return std::nullopt;
  while (rest >> std::ws && rest.peek() != '|') {
    std::int64_t type = 0, value = 0;
    if (!(rest >> type >> separator >> value) || separator != '=') return std::nullopt;
    plan.choice.knobs.emplace_back(type, value);
  }
  if (!(rest >> separator >> plan.seconds >> unit) || unit != "ms") return std::nullopt;
  if (!(rest >> separator >> plan.workspace >> unit) || unit != "bytes" || rest >> word) return std::nullopt;
  plan.seconds /= 1e3;
  return std::pair(line.substr(0, bar), plan);
}

}  // namespace

PlanFile::PlanFile(const std::string& card, std::size_t version)
    : title_("bauta: the quickest plans | " + card + " | cuDNN " + std::to_string(version)) {
  if (const fs::path folder = cache_folder(); !folder.empty())
    path_ = folder / ("plans-" + for_file_name(card) + "-cudnn-" + std::to_string(version) + ".txt");
}

std::map<std::string, RememberedPlan> PlanFile::read() const {
  std::map<std::string, RememberedPlan> plans;
  std::ifstream file(path_);
  std::string line;
  if (!std::getline(file, line) || line != title_) return plans;
  while (std::getline(file, line))
    if (auto entry = parsed(line)) plans.insert(std::move(*entry));
  return plans;
}

std::optional<RememberedPlan> PlanFile::find(const PlanKey& key) const {
  const auto plans = read();
  const auto found = plans.find(text_of(key));
  return found == plans.end() ? std::nullopt : std::optional(found->second);
}

void PlanFile::remember(const PlanKey& key, const RememberedPlan& plan) const {
  if (path_.empty()) return;
  auto plans = read();
  plans[text_of(key)] = plan;
  std::error_code problem;
  fs::create_directories(fs::path(path_).parent_path(), problem);
  // Whole or not at all: readers never see half a file.
  const std::string unfinished = path_ + '.' + std::to_string(getpid());
  {
    std::ofstream file(unfinished, std::ios::trunc);
    file << title_ << '\n';
    for (const auto& [text, remembered] : plans) file << line_of(text, remembered) << '\n';
    if (file.close(), file.good()) fs::rename(unfinished, path_, problem);
  }
  fs::remove(unfinished, problem);
}

}  // namespace bauta::cudnn
