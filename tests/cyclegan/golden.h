// Golden files: what PyTorch computed (tests/golden/README.md).
#pragma once

#include <string>

#include "cyclegan/networks/file_tensor.h"
#include "io/safetensors.h"
#include "tests/compare.h"

namespace bauta::test {

inline std::filesystem::path golden_path(const std::string& name) {
  return std::filesystem::path(BAUTA_SOURCE_DIR) / "tests" / "golden" / (name + ".safetensors");
}

// A PyTorch picture batch (N,C,H,W) as one of ours (N,H,W,C).
inline Tensor golden_pictures(Engine& engine, const NamedTensor& tensor) {
  const auto size = [&](std::size_t i) { return static_cast<int>(tensor.shape[i]); };
  const Shape shape{size(0), size(2), size(3), size(1)};
  Array array(shape);
  std::size_t i = 0;
  for (int n = 0; n < shape.n; ++n)
    for (int c = 0; c < shape.c; ++c)
      for (int h = 0; h < shape.h; ++h)
        for (int w = 0; w < shape.w; ++w) array.at(n, h, w, c) = tensor.values[i++];
  return Tensor::from(engine, shape, array.values);
}

// Gives every parameter the file's values; those of the file are named prefix + name.
inline void load_parameters(const SafetensorsFile& file, const std::string& prefix,
                            const Parameters& parameters) {
  for (const auto& [name, parameter] : parameters.named())
    from_file_tensor("golden", name, file.tensors.at(prefix + name), parameter->value);
}

}  // namespace bauta::test
