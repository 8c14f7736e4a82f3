#pragma once

#include <filesystem>
#include <vector>

#include "io/box.h"

namespace bauta {

// A trained cascade as OpenCV's XML files hold it: stages of boosted trees over Haar-like features. A window
// is a face if every stage's sum of leaf values reaches its threshold.

// A weighted sum of pixels over two or three rectangles of the window. In a tilted feature (Lienhart and
// Maydt 2002) a rectangle starts at its topmost corner (x, y) and runs `width` steps down to the right and
// `height` steps down to the left.
struct HaarFeature {
  struct Part {
    Box box;
    float weight = 0;
  };
  std::vector<Part> parts;  // 1 to 3
  bool tilted = false;
};

// Goes left if the feature, divided by the window's deviation, is below the threshold. A child > 0 is a node
// of the same tree, always a later one; a child <= 0 is the tree's leaf -child.
struct HaarNode {
  std::size_t feature = 0;
  float threshold = 0;
  int left = 0;
  int right = 0;
};

struct HaarTree {
  std::vector<HaarNode> nodes;
  std::vector<float> leaves;
};

struct HaarStage {
  float threshold = 0;
  std::vector<HaarTree> trees;
};

struct HaarModel {
  int window_width = 0;
  int window_height = 0;
  std::vector<HaarFeature> features;
  std::vector<HaarStage> stages;

  bool has_tilted() const;
};

// Reads and checks a cascade: every index is inside, every rectangle in the window, every tree without a
// loop. Throws FileError, also for cascades of other kinds (LBP; the format of OpenCV 1,
// opencv-haar-classifier).
HaarModel read_haar_model(const std::filesystem::path& path);

}  // namespace bauta
