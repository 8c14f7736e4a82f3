#include "cyclegan/anonymizer/translate.h"

#include <array>
#include <memory>

#include "cyclegan/anonymizer/network_queue.h"
#include "cyclegan/anonymizer/network_runner.h"
#include "io/box.h"
#include "kernels/check.h"

namespace bauta {
namespace {

// Pictures that a card is given at a time: from here on they only take longer.
constexpr std::size_t kLargestBatch = 16;

}  // namespace

FaceNetwork face_network(Engine& engine, const Generator& generator) {
  const auto runner = std::make_shared<NetworkRunner>(engine, generator);
  return [runner](const Image& picture, const MosaicBox& face) {
    return (*runner)(std::array{FacePicture{&picture, face}}).front();
  };
}

FaceNetwork shared_face_network(Engine& engine, const Generator& generator) {
  // A CPU has nothing to win by batches: a picture occupies all of its threads.
  const bool card = engine.kernels().graphs;
  const auto runner = std::make_shared<NetworkRunner>(engine, generator);
  const auto queue = std::make_shared<NetworkQueue>(
      [runner](std::span<const FacePicture> pictures) { return runner->begin(pictures); },
      card ? kLargestBatch : 1, card ? NetworkRunner::kMostUnderWay : 1);
  return [queue](const Image& picture, const MosaicBox& face) { return (*queue)(picture, face); };
}

Image translate_picture(const FaceNetwork& network, const Image& picture, int blocks) {
  BAUTA_CHECK(picture.width >= Generator::kMinimumSize && picture.height >= Generator::kMinimumSize,
              "a picture of ", picture.width, " x ", picture.height, " pixels; ", Generator::kMinimumSize,
              " a side are the least");
  constexpr int kMultiple = Generator::kSizeMultiple;
  const auto padded = [](int side) { return (side + kMultiple - 1) / kMultiple * kMultiple; };
  const Box whole{0, 0, picture.width, picture.height};
  const MosaicBox face{0, 0, whole.width, whole.height, mosaic_block(whole, blocks)};
  const Image result = network(crop(picture, 0, 0, padded(picture.width), padded(picture.height)), face);
  return crop(result, 0, 0, picture.width, picture.height);
}

std::uint64_t translation_bytes(const GeneratorConfig& config, int width, int height) {
  // Measured peaks, for pictures of 256 to 2,048 pixels a side: at full size about six tensors of ngf
  // channels live at a time, padded copies and scratch among them, and about ten of three channels.
  constexpr std::uint64_t kFloatsPerChannel = 6, kOtherFloats = 32;
  const auto pixels = static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
  const auto floats = kFloatsPerChannel * static_cast<std::uint64_t>(config.ngf) + kOtherFloats;
  return pixels * floats * sizeof(float);
}

}  // namespace bauta
