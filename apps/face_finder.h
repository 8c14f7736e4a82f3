// Which faces a photograph has: by a detector, or by a table of boxes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/command.h"
#include "cyclegan/anonymizer/box_table.h"
#include "cyclegan/faces/face_search.h"
#include "io/photograph.h"

namespace bauta {

struct FaceOptions {
  std::string detector;  // haar or yunet; empty: yunet where its weights are found, or else haar
  std::string cascade;
  float score = DetectionOptions{}.score;  // of yunet
  std::filesystem::path boxes;
  int smallest = 0;     // side in pixels that is looked for; 0: the usual
  bool turned = false;  // of yunet
  bool allow_no_face = false;

  std::vector<std::filesystem::path> files() const { return {boxes, cascade}; }  // that are read
};
// Of the detector alone. What options.detector is, is the default.
void add_detector_options(CLI::App& command, FaceOptions& options);
// The same, and a table instead of it.
void add_face_options(CLI::App& command, FaceOptions& options);

// What a detector is asked for; says which was taken where the better one is not at hand.
FaceSearchOptions search_options(const FaceOptions& options, const CommonOptions& common);

// {"x", "y", "width", "height"}
nlohmann::ordered_json box_json(const Box& box);

class FaceFinder {
 public:
  // Says which detector was taken where the better one is not at hand. Throws FileError for weights, a
  // cascade or a table that is missing or damaged. `common` must outlive it.
  FaceFinder(const FaceOptions& options, const CommonOptions& common);

  struct Found {
    std::vector<Box> faces;  // in the photograph at least in part; largest first if a detector found them
    std::vector<std::optional<float>> scores;  // of each face: how sure the detector is, where it tells
    std::string why_none;                      // where there are none: "what is wrong; what to do"
    std::string note;                          // what of the boxes given does not count; or empty
  };
  // For several threads; works on as many as OpenMP gives the calling one.
  Found find(const std::filesystem::path& path, const Image& photo) const;
  // The same in a photograph that may be transparent: of that, in its colours as they are stored, in which a
  // face may lie that nobody sees, and in how it looks on white.
  Found find(const std::filesystem::path& path, const Photograph& photo) const;

  // What the table has for the photograph, which need not be read for that; nothing without a table.
  std::vector<Box> listed(const std::filesystem::path& path) const;

  // Says which lines of the table are about none of the photographs, and returns that for a summary: null
  // where there are none.
  nlohmann::ordered_json say_unmatched(const std::vector<std::filesystem::path>& photographs) const;

  // "haar", "yunet" or "boxes".
  const std::string& source() const { return source_; }

 private:
  const CommonOptions& common_;
  std::filesystem::path boxes_;
  std::string source_;
  std::optional<FaceSearch> search_;
  std::optional<BoxTable> table_;
};

}  // namespace bauta
