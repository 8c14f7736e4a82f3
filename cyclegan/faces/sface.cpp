#include "cyclegan/faces/sface.h"

#include "cyclegan/faces/alignment.h"
#include "cyclegan/faces/fetched_weights.h"
#include "nn/ops.h"

namespace bauta {

namespace {

constexpr int kFeatures = 128;

// A convolution of its own for each channel, then one across them.
class SeparableBlock final : public Layer {
 public:
  SeparableBlock(int in, int out, int stride) {
    layers_.named<DepthwiseConv2d>("depthwise", in, 3, ConvGeometry{stride, 1})
        .named<PReLU>("depthwise_prelu", in)
        .named<Conv2d>("pointwise", in, out, 1, ConvGeometry{})
        .named<PReLU>("pointwise_prelu", out);
  }
  Tensor operator()(const Tensor& x) const override { return layers_(x); }
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override {
    layers_.collect(prefix, into);
  }

 private:
  Sequential layers_;
};

// 112 pixels become 56, 28, 14, 7.
Sequential mobile_facenet() {
  struct Block {
    int out, stride;
  };
  constexpr Block kBlocks[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
                               {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  Sequential body;
  int channels = 32, number = 0;
  body.named<Conv2d>("conv_1", 3, channels, 3, ConvGeometry{1, 1}).named<PReLU>("conv_1_prelu", channels);
  for (const auto& [out, stride] : kBlocks) {
    body.named<SeparableBlock>("blocks." + std::to_string(number++), channels, out, stride);
    channels = out;
  }
  // A matrix over all 7 x 7 positions, written as a convolution.
  body.named<Conv2d>("embedding", channels, kFeatures, 7, ConvGeometry{});
  return body;
}

}  // namespace

SFace::SFace(Engine& engine, const std::filesystem::path& weights)
    : IdentityNetwork(engine),
      body_(mobile_facenet()),
      parameters_(read_fetched_weights(engine, weights, body_)) {}

SFace::SFace(Engine& engine, const SFace& of)
    : IdentityNetwork(engine), body_(mobile_facenet()), parameters_(of.parameters_) {
  share_weights(of.parameters_, body_);
}

Image SFace::cut(const Image& photo, const FaceLocation& face) const { return cut_for_sface(photo, face); }

int SFace::side() const { return kSFaceSide; }

int SFace::dimensions() const { return kFeatures; }

Tensor SFace::features(const Tensor& cuts) const {
  constexpr float kLevelsPerUnit = 127.5f, kScale = 1 / 128.0f;  // (level - 127.5) / 128
  return body_(cast(scale(cuts, kLevelsPerUnit * kScale), engine_.storage()));
}

}  // namespace bauta
