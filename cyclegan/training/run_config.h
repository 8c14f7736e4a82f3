// config.json: what a run was asked to do, and of which data.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "cyclegan/training/config.h"

namespace bauta {

struct RunConfig {
  TrainingConfig training;
  std::string data;                    // the folder, as it was named
  std::uint32_t data_fingerprint = 0;  // tells one dataset from another
};

// Throws FileError.
void write_run_config(const std::filesystem::path& path, const RunConfig& config);
// Throws FileError when there is no such file or it is damaged.
RunConfig read_run_config(const std::filesystem::path& path);

// Every setting as text by its name in the file, to compare two configurations.
std::map<std::string, std::string> settings(const TrainingConfig& config);

}  // namespace bauta
