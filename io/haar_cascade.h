#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "io/box.h"
#include "io/haar_model.h"

namespace bauta {

// All sizes in pixels of the picture.
struct HaarOptions {
  double scale_factor = 1.1;  // from one size of face to the next; more than 1
  int min_neighbours = 5;     // a face must be found more than this many times, slightly moved or scaled
  int min_size = 40;          // side of the smallest face looked for
  int max_size = 0;           // and of the largest; 0: as large as the picture
};

// Finds faces with one of OpenCV's Haar cascades (Viola and Jones 2001), as its detectMultiScale does;
// OpenCV's haarcascade_frontalface_default.xml is the detector of Xu et al. 2024.
class HaarCascade {
 public:
  // Throws FileError.
  static HaarCascade load(const std::filesystem::path& path);

  // `grey`: height x width bytes, as to_grey makes them. Boxes: inside the picture, largest first; the same
  // for any number of threads. A face size between min_size and max_size that no step of scale_factor hits is
  // not looked for (OpenCV then takes the nearest step outside). Throws std::invalid_argument on a size that
  // does not fit `grey` and on a scale_factor that is not more than 1.
  std::vector<Box> detect(const std::vector<std::uint8_t>& grey, int width, int height,
                          const HaarOptions& options = {}) const;

  const HaarModel& model() const { return model_; }

 private:
  explicit HaarCascade(HaarModel model) : model_(std::move(model)) {}

  HaarModel model_;
};

}  // namespace bauta
