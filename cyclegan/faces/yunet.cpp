#include "cyclegan/faces/yunet.h"

#include "cyclegan/faces/fetched_weights.h"
#include "kernels/check.h"
#include "nn/ops.h"

namespace bauta {

namespace {

constexpr int kChannels = 64;  // of all that heads see

constexpr bool kRectified = true, kAsItIs = false;

std::array<Sequential, 3> backbone() {
  std::array<Sequential, 3> parts;
  parts[0]
      .named<Conv2d>("stem", 3, 16, 3, ConvGeometry{2, 1})
      .add<ReLU>()
      .named<SeparableConv2d>("stages.0.0", 16, 16, kRectified)
      .add<MaxPool2d>(PoolWindow{})
      .named<SeparableConv2d>("stages.1.0", 16, 16, kRectified)
      .named<SeparableConv2d>("stages.1.1", 16, 32, kRectified)
      .named<SeparableConv2d>("stages.2.0", 32, 32, kRectified)
      .named<SeparableConv2d>("stages.2.1", 32, kChannels, kRectified)
      .add<MaxPool2d>(PoolWindow{})
      .named<SeparableConv2d>("stages.3.0", kChannels, kChannels, kRectified)
      .named<SeparableConv2d>("stages.3.1", kChannels, kChannels, kRectified);
  for (const int stage : {4, 5}) {
    const std::string name = "stages." + std::to_string(stage);
    parts[static_cast<std::size_t>(stage) - 3]
        .add<MaxPool2d>(PoolWindow{})
        .named<SeparableConv2d>(name + ".0", kChannels, kChannels, kRectified)
        .named<SeparableConv2d>(name + ".1", kChannels, kChannels, kRectified);
  }
  return parts;
}

Sequential one_unit(const std::string& name, int out, bool rectified) {
  Sequential layers;
  layers.named<SeparableConv2d>(name, kChannels, out, rectified);
  return layers;
}

}  // namespace

YuNet::YuNet(Engine& engine, const std::filesystem::path& weights)
    : backbone_(backbone()),
      laterals_{one_unit("laterals.0", kChannels, kRectified), one_unit("laterals.1", kChannels, kRectified),
                one_unit("laterals.2", kChannels, kRectified)},
      heads_{head(0), head(1), head(2)},
      parameters_(read_fetched_weights(engine, weights, collected())),
      engine_(engine) {}

YuNet::Head YuNet::head(int level) {
  const std::string name = "heads." + std::to_string(level);
  return {one_unit(name + ".cls", 1, kAsItIs), one_unit(name + ".obj", 1, kAsItIs),
          one_unit(name + ".box", 4, kAsItIs), one_unit(name + ".landmarks", 10, kAsItIs)};
}

std::vector<NamedParameter> YuNet::collected() const {
  std::vector<NamedParameter> into;
  for (const auto* layers : {&backbone_, &laterals_})
    for (const Sequential& part : *layers) part.collect("", into);
  for (const Head& head : heads_)
    for (const Sequential* part : {&head.face, &head.object, &head.box, &head.landmarks})
      part->collect("", into);
  return into;
}

namespace {

void require_size(int height, int width) {
  BAUTA_CHECK(
      height > 0 && width > 0 && height % YuNet::kStrides.back() == 0 && width % YuNet::kStrides.back() == 0,
      "YuNet: pictures of ", width, " x ", height, " pixels");
}

}  // namespace

std::array<YuNet::Level, 3> YuNet::operator()(const Tensor& pictures) const {
  const Shape& shape = pictures.shape();
  require_size(shape.h, shape.w);
  BAUTA_CHECK(shape.c == 3, "YuNet: pictures of ", shape.c, " channels");
  return levels_of(backbone_[0](cast(pictures, pictures.engine().storage())));
}

std::array<YuNet::Level, 3> YuNet::operator()(const Parts& picture) const {
  require_size(picture.height, picture.width);
  const NoGrad no_tape(engine_);
  return levels_of(first_features(picture));
}

// A tile is seen with as much around it as its features depend on: 3x3 filters reach one pixel of their own
// resolution, two of them at stride 8, four at 4, one at 2 and the first one.
Tensor YuNet::first_features(const Parts& picture) const {
  constexpr int kTile = 640, kStride = kStrides.front();
  constexpr int kReach = (2 * 8 + 4 * 4 + 2 + 1 + kStride - 1) / kStride * kStride;
  Tensor features = Tensor::empty(engine_, {1, picture.height / kStride, picture.width / kStride, kChannels},
                                  engine_.storage());
  const Box whole{0, 0, picture.width, picture.height};
  for (int y = 0; y < picture.height; y += kTile)
    for (int x = 0; x < picture.width; x += kTile) {
      const Box tile = intersection({x, y, kTile, kTile}, whole);
      const Box seen = intersection({x - kReach, y - kReach, kTile + 2 * kReach, kTile + 2 * kReach}, whole);
      const Tensor of_seen = backbone_[0](cast(picture.part(seen), engine_.storage()));
      const Corner in_seen{(y - seen.y) / kStride, (x - seen.x) / kStride, 0};
      engine_.kernels().copy_part(
          features.view(), of_seen.view(),
          {{y / kStride, x / kStride, 0}, in_seen, tile.height / kStride, tile.width / kStride, kChannels},
          Rest::Kept, engine_.context());
    }
  return features;
}

std::array<YuNet::Level, 3> YuNet::levels_of(const Tensor& first_features) const {
  std::array<Tensor, 3> features{first_features};
  for (std::size_t level = 1; level < features.size(); ++level)
    features[level] = backbone_[level](features[level - 1]);
  // A feature pyramid (Lin et al. 2017): from the coarsest down, each level knows of those above.
  for (std::size_t level = features.size(); level-- > 0;) {
    if (level + 1 < features.size())
      features[level] = features[level] + upsample_nearest(features[level + 1], 2);
    features[level] = laterals_[level](features[level]);
  }
  std::array<Level, 3> levels;
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const Head& head = heads_[level];
    const Tensor& feature = features[level];
    levels[level] = {sigmoid(head.face(feature)), sigmoid(head.object(feature)), head.box(feature),
                     head.landmarks(feature)};
  }
  return levels;
}

}  // namespace bauta
