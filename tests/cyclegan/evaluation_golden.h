// What scikit-image, scikit-learn and plain Python measured (tests/golden/README.md).
#pragma once

#include <nlohmann/json.hpp>

#include "io/box.h"
#include "io/image.h"
#include "tests/cyclegan/golden.h"

namespace bauta::test {

struct EvaluationGolden {
  SafetensorsFile file = read_safetensors(golden_path("evaluation"));
  nlohmann::json expected = nlohmann::json::parse(file.metadata.at("case"));

  Image picture(const std::string& name) const {
    const NamedTensor& tensor = file.tensors.at(name);
    Image image = blank_image(static_cast<int>(tensor.shape[1]), static_cast<int>(tensor.shape[0]));
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
      image.pixels[i] = static_cast<std::uint8_t>(tensor.values[i]);
    return image;
  }
  Box box() const {
    const auto& at = expected.at("box");
    return {at.at("x"), at.at("y"), at.at("width"), at.at("height")};
  }
};

}  // namespace bauta::test
