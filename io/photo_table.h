// Tables about photographs: boxes, who is on them. A text file of lines with tab-separated columns; the first
// line names them, in any order. "path" says which photograph a line is about; columns that nobody asks for
// are passed over.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace bauta {

class PhotoTable {
 public:
  struct Line {
    int number;                       // in the file, from 1
    std::vector<std::string> fields;  // one a column asked for, in that order; empty where the line has none
  };
  struct Entry {
    std::filesystem::path path;  // normal
    std::vector<Line> lines;
  };

  // key: the column that takes path's place. Throws FileError, naming the line.
  PhotoTable(const std::filesystem::path& file, std::vector<std::string> columns, std::string key = "path");

  const std::vector<Entry>& entries() const { return entries_; }

  // The place in entries() of a photograph: of the path in the table that its own path ends with, by whole
  // components
  // ("train/x.jpg" is found for "/any/train/x.jpg"). Where paths of different lengths end it ("x.jpg" too),
  // it is not clear which is meant: none.
  struct Found {
    std::size_t entry = 0;
    std::string
        why_none;  // not empty: there is none. `called` has none / both A and B of `called` could be it
  };
  // called: what the user calls the table, "--boxes".
  Found find(const std::filesystem::path& photo, const std::string& called) const;

  // What of the table is about none of the photographs; the first line and its path are empty where lines
  // is 0.
  struct Unmatched {
    std::size_t lines = 0;
    int first_line = 0;
    std::filesystem::path first_path;
  };
  Unmatched unmatched(const std::vector<std::filesystem::path>& photos) const;

  // Throws the FileError for a line that is wrong: "line 3 WHAT".
  [[noreturn]] void reject(int line, const std::string& what) const;

 private:
  // The places in entries() of all paths that the photograph's own ends with.
  std::vector<std::size_t> matching(const std::filesystem::path& photo) const;

  std::filesystem::path file_;
  std::vector<std::string> columns_;
  std::string key_;
  std::vector<Entry> entries_;  // sorted by the paths' last components
};

}  // namespace bauta
