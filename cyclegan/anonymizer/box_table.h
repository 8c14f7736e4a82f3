// Face boxes of one's own, from a table: --boxes FILE.tsv.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "io/box.h"
#include "io/photo_table.h"

namespace bauta {

// A table (io/photo_table.h) with the columns path, bx, by, bw and bh: boxes in pixels of the photograph
// after its EXIF orientation, decimals are rounded. Several lines of one path are several faces; a line whose
// box is four empty cells, or four zeros, says that there is none.
class BoxTable {
 public:
  // Throws FileError, naming the line.
  explicit BoxTable(const std::filesystem::path& path);

  struct Found {
    std::vector<Box> boxes;
    std::string why_none;  // where boxes is empty
  };
  Found find(const std::filesystem::path& photo) const;
  // What of the table is about none of the photographs.
  PhotoTable::Unmatched unmatched(const std::vector<std::filesystem::path>& photos) const {
    return table_.unmatched(photos);
  }

 private:
  PhotoTable table_;
  std::vector<std::vector<Box>> boxes_;  // of each entry of the table
};

// The columns of a box, and what a table that was asked for them has in a line: nothing where the box is
// four empty cells or four zeros. Throws FileError, naming the line, for any other that is incomplete or not
// a pixel wide or high.
const std::vector<std::string>& box_columns();
std::optional<Box> box_of(const PhotoTable& table, const PhotoTable::Line& line);

}  // namespace bauta
