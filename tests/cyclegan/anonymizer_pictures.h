// Pictures and networks that the anonymizer's tests share.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>

#include "cyclegan/anonymizer/translate.h"
#include "cyclegan/evaluation/quality.h"
#include "io/image.h"

namespace bauta::test {

// A smooth picture in which a mosaic takes away much: waves of some ten pixels.
inline Image smooth_picture(int width, int height) {
  Image image = blank_image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) {
        const double wave = 50 * std::sin(0.21 * x + 0.5 * c) * std::cos(0.17 * y - c);
        const double slower = 40 * std::sin(0.03 * (x + 2 * y) + c);
        image.at(x, y)[c] = static_cast<std::uint8_t>(std::lround(128 + wave + slower));
      }
  return image;
}

// A small generator as it is before training: bounded ones then are their closed forms.
struct UntrainedNetwork {
  UntrainedNetwork(Engine& engine, GeneratorKind kind, GeneratorRole role)
      : generator(config(kind, role)), parameters(engine, collected(generator)) {
    generator.initialize(1, 1);
    network = face_network(engine, generator);
  }

  Generator generator;
  Parameters parameters;
  FaceNetwork network;

 private:
  static GeneratorConfig config(GeneratorKind kind, GeneratorRole role) {
    GeneratorConfig result;
    result.kind = kind;
    result.role = role;
    result.ngf = 4;
    result.residual_blocks = 1;
    return result;
  }
  static std::vector<NamedParameter> collected(const Generator& generator) {
    std::vector<NamedParameter> named;
    generator.collect("", named);
    return named;
  }
};

}  // namespace bauta::test
