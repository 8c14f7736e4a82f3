// YuNet (Wu et al. 2023, "YuNet: A Tiny Millisecond-level Face Detector"), as OpenCV's model zoo has it: 76
// thousand weights in 1x1 and depthwise convolutions, no anchors. What it says of a picture is decoded in
// faces/face_detector.
#pragma once

#include <array>
#include <filesystem>
#include <functional>

#include "io/box.h"
#include "nn/layers.h"

namespace bauta {

class YuNet {
 public:
  // From yunet.safetensors as scripts/fetch_networks writes it. Throws FileError.
  YuNet(Engine& engine, const std::filesystem::path& weights);

  // The picture seen in cells of 8, 16 and 32 pixels, one face a cell at most.
  static constexpr std::array<int, 3> kStrides{8, 16, 32};

  // What it says for each cell of one size; H and W in cells.
  struct Level {
    Tensor face;    // (N,H,W,1): how surely it is a face, 0 to 1
    Tensor object;  // (N,H,W,1): and how well the box fits one, 0 to 1
    Tensor box;  // (N,H,W,4): centre from the cell's corner in cells, logarithms of width and height in cells
    Tensor landmarks;  // (N,H,W,10): x, y of each from the cell's corner in cells
  };
  // pictures (N,H,W,3), float32, blue, green, red from 0 to 255; H and W multiples of 32, or CheckError.
  std::array<Level, 3> operator()(const Tensor& pictures) const;

  // The same, to the bit, of one picture that is handed over in parts and never there as a whole; nothing is
  // recorded. What works at full size sees a part at a time: on a CPU that stays in its caches.
  struct Parts {
    int height, width;                       // multiples of 32, or CheckError
    std::function<Tensor(const Box&)> part;  // (1,h,w,3); corners are multiples of 8
  };
  std::array<Level, 3> operator()(const Parts& picture) const;

 private:
  struct Head {
    Sequential face, object, box, landmarks;
  };
  static Head head(int level);
  std::vector<NamedParameter> collected() const;
  Tensor first_features(const Parts& picture) const;
  // From those of the finest cells on.
  std::array<Level, 3> levels_of(const Tensor& first_features) const;

  // Down to each stride in turn; what is coarser joins what is finer; what is said of each.
  std::array<Sequential, 3> backbone_, laterals_;
  std::array<Head, 3> heads_;
  Parameters parameters_;
  Engine& engine_;
};

}  // namespace bauta
