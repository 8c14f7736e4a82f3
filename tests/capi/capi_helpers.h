// What the cases of bauta.h share: handles that free themselves, a photograph, pictures with strides.
#pragma once

#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bauta.h"
#include "io/image.h"
#include "tests/io/temporary_folder.h"

struct Free {
  void operator()(bauta_key* key) const { bauta_key_free(key); }
  void operator()(bauta_model* model) const { bauta_model_free(model); }
  void operator()(bauta_detector* detector) const { bauta_detector_free(detector); }
  void operator()(bauta_checker* checker) const { bauta_checker_free(checker); }
  void operator()(bauta_result* result) const { bauta_result_free(result); }
};
using Key = std::unique_ptr<bauta_key, Free>;
using Model = std::unique_ptr<bauta_model, Free>;
using Detector = std::unique_ptr<bauta_detector, Free>;
using Checker = std::unique_ptr<bauta_checker, Free>;
using Result = std::unique_ptr<bauta_result, Free>;

// CHECK with the message of the call.
#define CHECK_OK(call) CHECK_MESSAGE((call) == BAUTA_OK, std::string(bauta_last_error()))
// The status, and words that the message must hold.
#define CHECK_FAILS(status, words, call)                                            \
  do {                                                                              \
    CHECK((call) == (status));                                                      \
    CHECK_MESSAGE(std::string(bauta_last_error()).find(words) != std::string::npos, \
                  std::string(bauta_last_error()));                                 \
  } while (false)

inline Key new_key() {
  bauta_key* key = nullptr;
  REQUIRE(bauta_key_generate(&key) == BAUTA_OK);
  return Key(key);
}

inline Model default_model(const bauta_key* key = nullptr, const char* folder = nullptr) {
  bauta_model_options options = BAUTA_MODEL_OPTIONS_INIT;
  options.device = BAUTA_DEVICE_CPU;
  options.key = key;
  options.folder = folder;
  bauta_model* model = nullptr;
  CHECK_OK(bauta_model_load(&options, &model));
  return Model(model);
}

// A progress function that ends the work at a face, and remembers what it was told.
struct Cancelling {
  std::size_t after;
  std::vector<std::pair<std::size_t, std::size_t>> seen = {};
  static int32_t call(void* user, std::size_t done, std::size_t of) {
    auto& self = *static_cast<Cancelling*>(user);
    self.seen.emplace_back(done, of);
    return done == self.after;
  }
};

inline std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

// The portrait in the public domain that comes with the default model, 320 x 320.
inline bauta::Image portrait() {
  const bauta::Image demo = bauta::read_image(BAUTA_SOURCE_DIR "/models/face-128/demo.png");
  return bauta::crop(demo, 0, 0, demo.height, demo.height);
}

// A picture of any content, the same each time: slopes with a little noise.
inline bauta::Image noise(int width, int height) {
  bauta::Image image = bauta::blank_image(width, height);
  std::uint32_t state = 1;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) {
        state = state * 1664525 + 1013904223;
        image.at(x, y)[c] = static_cast<std::uint8_t>(40 + (x + 2 * y) / 4 + 20 * c + (state >> 30));
      }
  return image;
}

inline bauta_picture view(const bauta::Image& image) {
  return {image.pixels.data(), image.width, image.height, 0};
}

// Rows with bytes between them that nobody may touch.
struct Padded {
  static constexpr std::uint8_t kFiller = 0xAB;

  Padded(const bauta::Image& image, std::size_t padding)
      : width(image.width),
        height(image.height),
        stride(3 * static_cast<std::size_t>(width) + padding),
        bytes(stride * static_cast<std::size_t>(height), kFiller) {
    for (int y = 0; y < height; ++y) std::memcpy(row(y), image.at(0, y), 3 * static_cast<std::size_t>(width));
  }
  std::uint8_t* row(int y) { return bytes.data() + stride * static_cast<std::size_t>(y); }
  bauta_picture view() const { return {bytes.data(), width, height, stride}; }
  bauta::Image image() {
    bauta::Image copy = bauta::blank_image(width, height);
    for (int y = 0; y < height; ++y) std::memcpy(copy.at(0, y), row(y), 3 * static_cast<std::size_t>(width));
    return copy;
  }
  bool padding_untouched() {
    for (int y = 0; y < height; ++y)
      for (std::size_t i = 3 * static_cast<std::size_t>(width); i < stride; ++i)
        if (row(y)[i] != kFiller) return false;
    return true;
  }

  int width, height;
  std::size_t stride;
  std::vector<std::uint8_t> bytes;
};

inline bauta_region region_of(const Result& result, std::size_t index) {
  bauta_region region = BAUTA_REGION_INIT;
  REQUIRE(bauta_result_region(result.get(), index, &region) == BAUTA_OK);
  return region;
}

// Hides `boxes` of the image in place.
inline bauta_status hide(bauta::Image& image, const bauta_deid_options& options, Result& result,
                         const bauta_model* model = nullptr) {
  const bauta_picture picture = view(image);
  bauta_result* made = nullptr;
  const bauta_status status =
      bauta_deidentify(model, nullptr, &options, &picture, image.pixels.data(), 0, &made);
  result.reset(made);
  return status;
}

inline bauta_status restore(bauta::Image& image, const bauta_restore_options& options, const char* record,
                            Result& result, const bauta_model* model = nullptr) {
  const bauta_picture picture = view(image);
  bauta_result* made = nullptr;
  const bauta_status status = bauta_restore(model, &options, &picture, record, image.pixels.data(), 0, &made);
  result.reset(made);
  return status;
}

inline bauta_deid_options deid_options(int32_t mode, const std::vector<bauta_box>& boxes) {
  bauta_deid_options options = BAUTA_DEID_OPTIONS_INIT;
  options.mode = mode;
  options.boxes = boxes.data();
  options.box_count = boxes.size();
  return options;
}

inline bauta_deid_options keyed_options(const Key& key, const std::vector<bauta_box>& boxes) {
  bauta_deid_options options = deid_options(BAUTA_KEYED, boxes);
  options.key = key.get();
  return options;
}

inline bauta_restore_options restore_options(const Key& key) {
  bauta_restore_options options = BAUTA_RESTORE_OPTIONS_INIT;
  options.key = key.get();
  return options;
}
