// Pictures and networks that the anonymizer's tests share.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>

#include "cyclegan/anonymizer/translate.h"
#include "io/image.h"

namespace bauta::test {

// A smooth picture with some outlines, in which a mosaic takes away much: waves and a dark ellipse ("a
// face").
inline Image smooth_picture(int width, int height) {
  Image image = blank_image(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double u = static_cast<double>(x) / width, v = static_cast<double>(y) / height;
      const double ellipse = std::hypot((u - 0.5) * 3, (v - 0.5) * 2.4);
      const double dark = 70 / (1 + std::exp((ellipse - 0.6) * 25));
      for (int c = 0; c < 3; ++c) {
        const double wave =
            40 * std::sin(9 * u + 2 * c) * std::cos(7 * v - c) + 12 * std::sin(40 * u * v + c);
        image.at(x, y)[c] = static_cast<std::uint8_t>(std::clamp(150 + wave - dark, 0.0, 255.0));
      }
    }
  return image;
}

inline double psnr(const Image& a, const Image& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i) {
    const double difference = static_cast<double>(a.pixels[i]) - b.pixels[i];
    sum += difference * difference;
  }
  return 10 * std::log10(255.0 * 255.0 * static_cast<double>(a.pixels.size()) / sum);
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
