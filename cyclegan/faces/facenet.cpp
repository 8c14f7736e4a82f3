#include "cyclegan/faces/facenet.h"

#include <cmath>
#include <limits>

#include "cyclegan/faces/alignment.h"
#include "cyclegan/faces/fetched_weights.h"
#include "nn/ops.h"

namespace bauta {

namespace {

constexpr int kFeatures = 512;
constexpr PoolWindow kHalve{.size = 3, .stride = 2};

// A convolution, with its norm folded into it, and ReLU. Inside a block pictures keep their size.
void add_within(Sequential& to, const std::string& name, int in, int out, KernelSize kernel) {
  const int down = (kernel.height - 1) / 2, across = (kernel.width - 1) / 2;
  if (!kernel.is_square()) to.add<ZeroPad2d>(Margins{down, down, across, across});
  to.named<Conv2d>(name, in, out, kernel, ConvGeometry{1, kernel.is_square() ? down : 0}).add<ReLU>();
}

// The same where nothing is padded.
void add_valid(Sequential& to, const std::string& name, int in, int out, int kernel, int stride) {
  to.named<Conv2d>(name, in, out, kernel, ConvGeometry{stride, 0}).add<ReLU>();
}

// y = relu(x + scale * conv(branches(x))), Szegedy et al. 2016, Figs. 10, 11 and 13; the very last block of
// the network has no ReLU.
class InceptionBlock final : public Layer {
 public:
  InceptionBlock(Branches branches, int inner, int channels, float scale, bool activated = true)
      : branches_(std::move(branches)),
        widen_(inner, channels, 1, ConvGeometry{}),
        scale_(scale),
        activated_(activated) {}

  Tensor operator()(const Tensor& x) const override {
    const Tensor y = axpby(1, x, scale_, widen_(branches_(x)));
    return activated_ ? relu(y) : y;
  }
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const override {
    branches_.collect(prefix, into);
    widen_.collect(prefix + "conv_1x1.", into);
  }

 private:
  Branches branches_;
  Conv2d widen_;
  float scale_;
  bool activated_;
};

void add_block35(Sequential& to, int number) {
  constexpr int kChannels = 256, kInner = 32;
  Sequential first, second, third;
  add_within(first, "conv_1x1", kChannels, kInner, 1);
  add_within(second, "conv_0a_1x1", kChannels, kInner, 1);
  add_within(second, "conv_0b_3x3", kInner, kInner, 3);
  add_within(third, "conv_0a_1x1", kChannels, kInner, 1);
  add_within(third, "conv_0b_3x3", kInner, kInner, 3);
  add_within(third, "conv_0c_3x3", kInner, kInner, 3);
  Branches branches;
  branches.add(std::move(first)).add(std::move(second)).add(std::move(third));
  to.named<InceptionBlock>("block35." + std::to_string(number), std::move(branches), 3 * kInner, kChannels,
                           0.17f);
}

// Block 17 (taps: 7) and block 8 (taps: 3): a row of taps, then a column.
Branches crossed_branches(int channels, int inner, int taps) {
  const std::string n = std::to_string(taps);
  Sequential first, second;
  add_within(first, "conv_1x1", channels, inner, 1);
  add_within(second, "conv_0a_1x1", channels, inner, 1);
  add_within(second, "conv_0b_1x" + n, inner, inner, {1, taps});
  add_within(second, "conv_0c_" + n + "x1", inner, inner, {taps, 1});
  Branches branches;
  branches.add(std::move(first)).add(std::move(second));
  return branches;
}

void add_mixed_6a(Sequential& to) {
  Sequential first, second, third;
  add_valid(first, "conv_1a_3x3", 256, 384, 3, 2);
  add_within(second, "conv_0a_1x1", 256, 192, 1);
  add_within(second, "conv_0b_3x3", 192, 192, 3);
  add_valid(second, "conv_1a_3x3", 192, 256, 3, 2);
  third.add<MaxPool2d>(kHalve);
  Branches branches;
  branches.add(std::move(first)).add(std::move(second)).add(std::move(third));
  to.named<Branches>("mixed_6a", std::move(branches));
}

void add_mixed_7a(Sequential& to) {
  Sequential first, second, third, fourth;
  add_within(first, "conv_0a_1x1", 896, 256, 1);
  add_valid(first, "conv_1a_3x3", 256, 384, 3, 2);
  add_within(second, "conv_0a_1x1", 896, 256, 1);
  add_valid(second, "conv_1a_3x3", 256, 256, 3, 2);
  add_within(third, "conv_0a_1x1", 896, 256, 1);
  add_within(third, "conv_0b_3x3", 256, 256, 3);
  add_valid(third, "conv_1a_3x3", 256, 256, 3, 2);
  fourth.add<MaxPool2d>(kHalve);
  Branches branches;
  branches.add(std::move(first)).add(std::move(second)).add(std::move(third)).add(std::move(fourth));
  to.named<Branches>("mixed_7a", std::move(branches));
}

// 160 pixels become 79, 77, 77, 38, 38, 36, 17; mixed_6a makes 8 of them, mixed_7a 3, the pool 1.
Sequential inception_resnet_v1() {
  Sequential body;
  add_valid(body, "conv_1a_3x3", 3, 32, 3, 2);
  add_valid(body, "conv_2a_3x3", 32, 32, 3, 1);
  add_within(body, "conv_2b_3x3", 32, 64, 3);
  body.add<MaxPool2d>(kHalve);
  add_within(body, "conv_3b_1x1", 64, 80, 1);
  add_valid(body, "conv_4a_3x3", 80, 192, 3, 1);
  add_valid(body, "conv_4b_3x3", 192, 256, 3, 2);
  for (int i = 0; i < 5; ++i) add_block35(body, i);
  add_mixed_6a(body);
  for (int i = 0; i < 10; ++i)
    body.named<InceptionBlock>("block17." + std::to_string(i), crossed_branches(896, 128, 7), 256, 896, 0.1f);
  add_mixed_7a(body);
  for (int i = 0; i < 6; ++i) {
    const bool last = i == 5;
    body.named<InceptionBlock>("block8." + std::to_string(i), crossed_branches(1792, 192, 3), 384, 1792,
                               last ? 1.0f : 0.2f, !last);
  }
  body.add<AvgPool2d>(PoolWindow{.size = 3, .stride = 1}).named<Linear>("bottleneck", 1792, kFeatures);
  return body;
}

// Minus its own mean, divided by max(its own deviation, 1 / sqrt(n)), over all n numbers of a picture.
Tensor whitened(const Tensor& x) {
  const Shape each{x.shape().n, 1, 1, 1};
  const float numbers = static_cast<float>(x.shape().count()) / static_cast<float>(x.shape().n);
  constexpr float kLevelsPerUnit = 127.5f;  // the bound is of grey levels
  const float least = 1 / numbers / (kLevelsPerUnit * kLevelsPerUnit);
  const Tensor centred = x - broadcast(scale(reduce_sum(x, each), 1 / numbers), x.shape());
  const Tensor variance = scale(reduce_sum(centred * centred, each), 1 / numbers);
  const Tensor factor = rsqrt(clamp(variance, least, std::numeric_limits<float>::max()));
  return centred * broadcast(factor, x.shape());
}

}  // namespace

FaceNet::FaceNet(Engine& engine, const std::filesystem::path& weights)
    : IdentityNetwork(engine),
      body_(inception_resnet_v1()),
      parameters_(read_fetched_weights(engine, weights, body_)) {}

Image FaceNet::cut(const Image& photo, const FaceLocation& face) const {
  return cut_for_facenet(photo, face);
}

int FaceNet::side() const { return kFaceNetSide; }

int FaceNet::dimensions() const { return kFeatures; }

Tensor FaceNet::features(const Tensor& cuts) const { return body_(cast(whitened(cuts), engine_.storage())); }

}  // namespace bauta
