// Face boxes of one's own, from a table: --boxes FILE.tsv.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/box.h"

namespace bauta {

// A text file of lines with tab-separated columns. The first names them; path, bx, by, bw and bh are read, in
// any order, others are passed over. Boxes are in pixels of the photograph after its EXIF orientation,
// decimals are rounded. Several lines of one path are several faces; a line whose box is empty text or has no
// width or height says that there is none.
class BoxTable {
 public:
  // Throws FileError, naming the line.
  static BoxTable load(const std::filesystem::path& path);

  // The boxes of a photograph: those of the path in the table that its own path ends with, by whole
  // components ("train/x.jpg" is found for "/any/train/x.jpg"). Where paths of different lengths end it
  // ("x.jpg" too), it is not clear which is meant: none.
  struct Found {
    std::vector<Box> boxes;
    std::string why_none;  // where boxes is empty
  };
  Found find(const std::filesystem::path& photo) const;

 private:
  struct Row {
    std::filesystem::path path;
    std::vector<Box> boxes;
  };
  std::vector<Row> rows_;  // one a path, sorted by its last component
};

}  // namespace bauta
