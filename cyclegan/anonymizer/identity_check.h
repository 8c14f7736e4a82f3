// Is it still the same person? A face recognizer is shown the clear face and what is about to be written in
// its place: whatever hid it, a face that the recognizer still takes for the same is not hidden.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "cyclegan/networks/model_files.h"
#include "io/box.h"
#include "io/image.h"

namespace bauta {

struct Backend;  // kernels/backend.h

class IdentityCheck {
 public:
  // The cosine from which on two faces pass for one person's; measured in README.md.
  static constexpr double kMostLikeness = 0.45;

  // Whether YuNet and SFace, which it works with, are in the folder of models.
  static bool is_available(const std::filesystem::path& models = models_folder());
  // backend: null for this machine's best. Throws FileError.
  explicit IdentityCheck(const Backend* backend = nullptr,
                         const std::filesystem::path& models = models_folder());
  ~IdentityCheck();

  // SFace's cosine between the face in the box of the clear photograph and the same place of the written one,
  // cut where the clear face's landmarks are; and where YuNet still finds a face there, cut by its landmarks
  // too, and the larger counts. Nothing where YuNet finds no face in the clear box: there is nothing to
  // compare. The pictures must be of one size. For several threads: each has networks of its own while it
  // works, 120 MB, 8 of them at most; who comes then waits.
  std::optional<double> operator()(const Image& clear, const Image& written, const Box& face) const;

 private:
  struct Judge;
  class Judges;
  std::unique_ptr<Judges> judges_;
};

}  // namespace bauta
