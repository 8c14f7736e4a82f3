// What was done in an output folder, so that a later run with --resume does only what is missing or changed.
//
//   OUT/.bauta/key            32 random bytes: what all hashes below are keyed with
//   OUT/.bauta/RANDOM.journal a line for each output, "HASH JSON", which names it by a hash too: of one
//   process,
//                             so that any number of them may work into one folder
//
// A line is written, and on the disk, before the output that it tells of is there; it counts only as long as
// the output has the content that it says. So it does not matter where a run is killed, which line came
// first, or whether the last one is whole. All files are readable by their owner alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/content_hash.h"

namespace bauta {

class Journal {
 public:
  // Reads what is there; makes the folder .bauta in `out`, which must be there. Throws FileError.
  explicit Journal(const std::filesystem::path& out);
  ~Journal();

  struct Entry {
    std::string input;               // hash of the input's content
    std::string settings;            // hash of whatever else decides what is written
    std::vector<std::string> files;  // endings of what was written, ".png"; none: nothing was to be
    std::string output;              // hash of their content, one after the other
    nlohmann::ordered_json facts;    // of the report
  };
  // Of an output's name without its ending; for several threads, as the following.
  std::vector<Entry> entries(const std::string& name) const;
  void add(const std::string& name, const Entry& entry);

  ContentHash hash() const { return ContentHash(key_); }
  std::string hash_of(std::string_view text) const;
  std::string hash_of_files(const std::vector<std::filesystem::path>& paths) const;

 private:
  struct Place {
    std::uint32_t file = 0;
    std::uint32_t length = 0;
    std::uint64_t offset = 0;
  };

  void read_lines(const std::filesystem::path& path);
  std::optional<nlohmann::ordered_json> parsed_line(std::string_view line) const;

  std::filesystem::path folder_;
  HashKey key_;
  std::vector<std::filesystem::path> read_;  // journals of earlier runs
  // By the output's name, a part of its hash: so many photographs, so little memory.
  std::unordered_multimap<std::uint64_t, Place> places_;
  std::mutex mutex_;
  int descriptor_ = -1;  // of this run's journal, once there is something in it
};

}  // namespace bauta
