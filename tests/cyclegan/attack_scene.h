// A victim, its photographs and the attackers' own, drawn and small.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>

#include "cyclegan/attacks/attacker.h"
#include "cyclegan/evaluation/subject.h"
#include "kernels/random.h"

namespace bauta::test {

inline constexpr int kSceneSide = 32;
inline constexpr MosaicBox kSceneFace{4, 4, 24, 24, 6};

// Waves of every length, other ones for each number.
inline Image wavy_picture(std::uint64_t number) {
  Image image = blank_image(kSceneSide, kSceneSide);
  const RandomStream random{number, 77};
  for (int c = 0; c < 3; ++c) {
    const auto part = [&](std::uint64_t i) { return random.uniform(20 * static_cast<std::uint64_t>(c) + i); };
    for (int y = 0; y < kSceneSide; ++y)
      for (int x = 0; x < kSceneSide; ++x) {
        double value = 90 + 70 * part(0);
        for (std::uint64_t wave = 1; wave < 4; ++wave)
          value += 20 * std::sin((part(4 * wave) - 0.5) * 2 * x + (part(4 * wave + 1) - 0.5) * 2 * y +
                                 6 * part(4 * wave + 2));
        image.at(x, y)[c] = static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
      }
  }
  return image;
}

// Two pictures of each person.
inline SubjectSet wavy_people(std::size_t pictures, std::uint64_t first) {
  SubjectSet set{"waves", {}, true, 0};
  for (std::size_t i = 0; i < pictures; ++i) {
    Subject subject;
    subject.name = std::string("w").append(std::to_string(i));
    subject.person = i / 2;
    subject.clear = wavy_picture(first + i);
    subject.face = kSceneFace;
    subject.location = FaceLocation{4, 4, 24, 24, {}};
    set.subjects.push_back(std::move(subject));
  }
  return set;
}

// What a mosaic takes away, an eighth of it, is added to the mosaic under signs that are the same in every
// picture: an open hidden channel.
class FaintResidual final : public Method {
 public:
  static int sign(int x, int y, int c) {
    return RandomStream{5, 5}.below(2, static_cast<std::uint64_t>(3 * (kSceneSide * y + x) + c)) == 1 ? 1
                                                                                                      : -1;
  }
  Image hide(const FacePicture& clear) const override { return laid_over(clear, 0.125); }
  bool reversible() const override { return true; }
  Image restore(const FacePicture& hidden, Key) const override { return laid_over(hidden, 8); }

 private:
  static Image laid_over(const FacePicture& from, double factor) {
    const MosaicBox& face = from.face;
    Image image = mosaic(*from.picture, {face.x, face.y, face.width, face.height}, face.block);
    for (int y = face.y; y < face.y + face.height; ++y)
      for (int x = face.x; x < face.x + face.width; ++x)
        for (int c = 0; c < 3; ++c) {
          const int difference = from.picture->at(x, y)[c] - image.at(x, y)[c];
          const double laid = image.at(x, y)[c] + sign(x, y, c) * std::round(factor * difference);
          image.at(x, y)[c] = static_cast<std::uint8_t>(std::clamp(laid, 0.0, 255.0));
        }
    return image;
  }
};

// The same under a key: the residual is noise to whoever has it not, and other noise for every picture.
class NoisyResidual final : public Method {
 public:
  Image hide(const FacePicture& clear) const override {
    const MosaicBox& face = clear.face;
    Image image = mosaic(*clear.picture, {face.x, face.y, face.width, face.height}, face.block);
    std::uint64_t nonce = 0;
    for (const std::uint8_t byte : clear.picture->pixels) nonce = nonce * 1099511628211u + byte;
    const RandomStream random{nonce, 9};
    std::uint64_t i = 0;
    for (int y = face.y; y < face.y + face.height; ++y)
      for (int x = face.x; x < face.x + face.width; ++x)
        for (int c = 0; c < 3; ++c) {
          const int level = image.at(x, y)[c] + static_cast<int>(random.below(15, i++)) - 7;
          image.at(x, y)[c] = static_cast<std::uint8_t>(std::clamp(level, 0, 255));
        }
    return image;
  }
  bool reversible() const override { return true; }
  bool keyed() const override { return true; }
  bool restores_without_key() const override { return true; }
  Image restore(const FacePicture& hidden, Key) const override { return *hidden.picture; }
};

}  // namespace bauta::test
