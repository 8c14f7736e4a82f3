// Boxes and comparisons that the baselines' tests share.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "cyclegan/baselines/visible_face.h"
#include "cyclegan/evaluation/judgement.h"
#include "nn/engine.h"

namespace bauta::test {

// In a picture of 96 x 80: whole blocks; odd sides at odd places; over a corner; the whole picture; a sliver.
inline const std::vector<MosaicBox> kFaces{
    {16, 8, 64, 64, 4}, {13, 7, 61, 53, 3}, {-9, -5, 50, 47, 3}, {0, 0, 96, 80, 4}, {60, 70, 60, 5, 2}};

// For the baselines that are networks, and whoever asks for one by its name.
inline Engine& engine() {
  static Engine the_engine(*available_backends().front(), 1);
  return the_engine;
}

inline Box visible(const Image& image, const MosaicBox& face) { return visible_face({&image, face}); }

inline Image cut_out(const Image& image, const MosaicBox& face) {
  const Box box = visible(image, face);
  return crop(image, box.x, box.y, box.width, box.height);
}

inline bool same_outside(const Image& a, const Image& b, const MosaicBox& face) {
  Image filled = a;
  paste(filled, cut_out(b, face), visible(b, face).x, visible(b, face).y);
  return filled == b;
}

// Grey levels.
inline double mean_change_inside(const Image& a, const Image& b, const MosaicBox& face) {
  const Image from = cut_out(a, face), to = cut_out(b, face);
  double sum = 0;
  for (std::size_t i = 0; i < from.pixels.size(); ++i) sum += std::abs(from.pixels[i] - to.pixels[i]);
  return sum / static_cast<double>(from.pixels.size());
}

inline double psnr_inside(const Image& a, const Image& b, const MosaicBox& face) {
  return psnr(cut_out(a, face), cut_out(b, face));
}

// The pixels of a box, sorted: what colours it has, wherever they are.
inline std::string colours_of(const Image& image, const Box& box) {
  std::vector<std::string> pixels;
  for (int y = box.y; y < box.y + box.height; ++y)
    for (int x = box.x; x < box.x + box.width; ++x) pixels.emplace_back(image.at(x, y), image.at(x, y) + 3);
  std::ranges::sort(pixels);
  std::string all;
  for (const std::string& pixel : pixels) all += pixel;
  return all;
}

inline std::string colours_inside(const Image& image, const MosaicBox& face) {
  return colours_of(image, visible(image, face));
}

}  // namespace bauta::test
