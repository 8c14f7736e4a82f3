// The photographs that a method is judged on, as the command line names them.
#pragma once

#include <filesystem>
#include <functional>

#include "apps/command.h"
#include "apps/face_finder.h"
#include "cyclegan/evaluation/subject.h"
#include "cyclegan/faces/face_detector.h"

namespace bauta {

struct EvaluationSetOptions {
  FaceOptions faces;
  std::filesystem::path people;  // table with columns path and identity
  double margin = 1.6;
  int size = 0;    // of the pictures, pixels
  int blocks = 0;  // mosaic blocks across a face; 0: as a prepared dataset was made, or 20
  std::size_t limit = 0;
};

// --people, --blocks, --margin, and how faces are found.
void add_evaluation_set_options(CLI::App& command, EvaluationSetOptions& options);

// One set: a folder that bauta prepare wrote, its crops taken as they are; a folder of photographs, of each
// the largest face; or a folder of folders, one a person. Photographs without a usable face are problems, and
// left out. `locate` finds the face in a crop for identity networks; it may be nothing. Throws FileError for
// a folder that cannot be used at all.
SubjectSet load_evaluation_set(const std::filesystem::path& folder, const EvaluationSetOptions& options,
                               const CommonOptions& common, const FaceDetector* locate, Problems& problems);

}  // namespace bauta
