// Which faces a photograph has: by a detector, or by a table of boxes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/command.h"
#include "cyclegan/anonymizer/box_table.h"
#include "io/haar_cascade.h"

namespace bauta {

struct FaceOptions {
  std::string detector = "haar";
  std::string cascade;
  std::filesystem::path boxes;
  int smallest = 40;  // side in pixels that is looked for
  bool allow_no_face = false;
};
void add_face_options(CLI::App& command, FaceOptions& options);

class FaceFinder {
 public:
  // Throws FileError for a cascade or a table that is missing or damaged.
  explicit FaceFinder(const FaceOptions& options);

  struct Found {
    std::vector<Box> faces;  // in the photograph at least in part; largest first if a detector found them
    std::string why_none;    // where there are none: "what is wrong; what to do"
  };
  Found find(const std::filesystem::path& path, const Image& photo) const;

 private:
  HaarOptions haar_;
  std::optional<HaarCascade> cascade_;
  std::optional<BoxTable> table_;
};

}  // namespace bauta
