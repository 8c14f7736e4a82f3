// Pictures of bytes to tensors and back.
#pragma once

#include <vector>

#include "io/image.h"
#include "nn/tensor.h"

namespace bauta {

// Pictures are [-1, 1] in networks, 0..255 in files.
inline constexpr float kLevelsPerHalfRange = 127.5f;

// (N,H,W,3) in [-1, 1], float32; pictures of one size, those marked mirrored left
// to right. Throws CheckError when sizes differ or there is no picture.
Tensor to_tensor(Engine& engine, const std::vector<Image>& pictures, const std::vector<bool>& mirrored = {});

// Picture n of a batch (N,H,W,3), rounded to 8 bits; waits for it.
Image to_image(const Tensor& batch, int n);

}  // namespace bauta
