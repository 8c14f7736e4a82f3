// Looking for the faces in photographs, by either detector.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cyclegan/faces/face_detector.h"
#include "cyclegan/networks/model_files.h"
#include "io/haar_cascade.h"

namespace bauta {

// Side in pixels of the faces that are looked for unless something else is asked for, and down to which
// yunet's smaller ones count where they are seen all the same.
constexpr int kUsualSmallestFace = 40, kLeastFaceSeen = 20;
// The same of what was asked for, 0 being the usual: a face's size is seen to a fifth or so.
constexpr int smallest_face(int asked) { return asked > 0 ? asked : kUsualSmallestFace; }
constexpr int least_face_seen(int asked) { return asked > 0 ? asked * 4 / 5 : kLeastFaceSeen; }

struct FaceSearchOptions {
  std::string detector;  // "haar", "yunet"; empty: haar if there is a cascade, else as usual_detector says
  std::string cascade;   // of haar; empty: OpenCV's frontal face
  float score = DetectionOptions{}.score;          // of yunet
  int smallest = 0;                                // side in pixels that is looked for; 0: the usual
  bool turned = false;                             // of yunet: DetectionOptions
  bool always_twice = true;                        // of yunet: DetectionOptions
  bool enlarged = true;                            // of yunet: DetectionOptions
  const Backend* backend = nullptr;                // of yunet; null: this machine's best
  std::filesystem::path models = models_folder();  // with yunet's weights in it
};

// "yunet" where its weights are in the folder of models, or else "haar".
std::string usual_detector(const std::filesystem::path& models);

class FaceSearch {
 public:
  // Throws FileError for weights or a cascade that is missing or damaged, std::invalid_argument for a
  // detector that there is not.
  explicit FaceSearch(FaceSearchOptions options);
  ~FaceSearch();

  // In the photograph at least in part, largest first, with yunet's score, or 0. For several threads; works
  // on as many as OpenMP gives the calling one.
  struct Face {
    Box box;
    float score = 0;
  };
  std::vector<Face> operator()(const Image& photo) const;

  const std::string& detector() const { return options_.detector; }

 private:
  class YuNetPool;

  FaceSearchOptions options_;
  std::optional<HaarCascade> cascade_;
  std::unique_ptr<YuNetPool> yunet_;
};

// Whether any of it is in the photograph.
bool is_visible(const Box& face, const Image& photo);

}  // namespace bauta
