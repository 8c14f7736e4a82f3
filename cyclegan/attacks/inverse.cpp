#include "cyclegan/attacks/inverse.h"

#include <algorithm>
#include <cmath>

#include "cyclegan/networks/pictures.h"
#include "kernels/check.h"
#include "nn/tape.h"

namespace bauta {
namespace {

constexpr int kBodyChannels = 16, kBodyBlocks = 3;
constexpr int kRefineChannels = 32, kInnerConvolutions = 2;
constexpr int kFeatures = 4;  // of three channels each
constexpr float kLevel = 1 / kLevelsPerHalfRange;

Sequential refine_layers() {
  constexpr ConvGeometry kKeep{1, 1};
  Sequential layers;
  layers.add<Conv2d>(3 * kFeatures, kRefineChannels, 3, kKeep).add<ReLU>();
  for (int i = 0; i < kInnerConvolutions; ++i)
    layers.add<Conv2d>(kRefineChannels, kRefineChannels, 3, kKeep).add<ReLU>();
  layers.add<Conv2d>(kRefineChannels, 3, 3, kKeep);
  return layers;
}

std::vector<NamedParameter> collected(const Generator& body, const Sequential& refine) {
  std::vector<NamedParameter> parameters;
  body.collect("body.", parameters);
  refine.collect("refine.", parameters);
  return parameters;
}

bool same_outside(const PublishedPair& pair) {
  const MosaicBox& face = pair.face;
  Image filled = *pair.clear;
  const Box box =
      intersection({face.x, face.y, face.width, face.height}, {0, 0, filled.width, filled.height});
  if (box.area() > 0) paste(filled, crop(*pair.published, box), box.x, box.y);
  return filled == *pair.published;
}

}  // namespace

InverseNetwork::InverseNetwork(Engine& engine)
    : engine_(engine),
      body_({.kind = GeneratorKind::Skip,
             .role = GeneratorRole::ReId,
             .ngf = kBodyChannels,
             .residual_blocks = kBodyBlocks}),
      refine_(refine_layers()),
      parameters_(engine, collected(body_, refine_)) {}

void InverseNetwork::initialize(std::uint64_t seed) const {
  constexpr std::uint64_t kStreamsPerNetwork = 1000;
  const std::uint64_t streams = random_stream(seed, RandomUse::Weights).stream;
  body_.initialize(seed, streams);
  std::vector<NamedParameter> convolutions;
  refine_.collect("", convolutions);
  const std::string last = std::to_string(refine_.last_place()) + ".weight";
  for (std::size_t i = 0; i < convolutions.size(); ++i) {
    const Shape& shape = convolutions[i].parameter->shape;
    const float he = std::sqrt(2 / static_cast<float>(shape.h * shape.w * shape.c));
    initialize_normal({convolutions[i]}, convolutions[i].name == last ? 0 : he, seed,
                      streams + kStreamsPerNetwork + i);
  }
  parameters_.publish();
}

void InverseNetwork::fit_gain(const std::vector<PublishedPair>& pairs) {
  const NoGrad inference(engine_);
  const Image& like = *pairs.front().clear;
  const Shape shape{1, like.height, like.width, 3};
  std::vector<double> rr(shape.count()), rd(shape.count()), dd(shape.count()), seen(shape.count());
  double square = 0, residuals = 0;
  for (const PublishedPair& pair : pairs) {
    const Tensor y = to_tensor(engine_, {*pair.published});
    const std::vector<float> m = mosaic(y, Boxes(engine_, {pair.face})).values(), y_values = y.values(),
                             x_values = to_tensor(engine_, {*pair.clear}).values();
    for (std::size_t i = 0; i < m.size(); ++i) {
      const double r = static_cast<double>(y_values[i] - m[i]), d = static_cast<double>(x_values[i] - m[i]);
      if (std::abs(r) < 1e-6) continue;  // beyond the face, or a block of one colour
      rr[i] += r * r;
      rd[i] += r * d;
      dd[i] += d * d;
      ++seen[i];
      square += r * r;
      ++residuals;
    }
  }
  // Of residuals that have nothing to do with the picture, n times the squared correlation is above 4 in one
  // pixel of twenty.
  constexpr double kChance = 4;
  std::vector<float> gain(shape.count()), sign(shape.count());
  for (std::size_t i = 0; i < gain.size(); ++i) {
    if (rr[i] <= 0 || dd[i] <= 0) continue;
    const double evidence = seen[i] * rd[i] * rd[i] / (rr[i] * dd[i]);
    const double kept = evidence > kChance ? 1 - kChance / evidence : 0;
    gain[i] = static_cast<float>(kept * rd[i] / rr[i]);
    sign[i] = static_cast<float>(kept) * (rd[i] < 0 ? -1.0f : 1.0f);
  }
  gain_ = Tensor::from(engine_, shape, gain);
  sign_ = Tensor::from(engine_, shape, sign);
  const double deviation = residuals > 0 ? std::sqrt(square / residuals) : 0;
  residual_scale_ = static_cast<float>(1 / std::max(deviation, static_cast<double>(kLevel)));
}

Tensor InverseNetwork::estimate(const Tensor& y, const Boxes& faces) const {
  const Tensor m = mosaic(y, faces), r = y - m;
  const Tensor carried = r * broadcast(gain_, y.shape());
  const Tensor features = concat_channels(
      {m, scale(r, residual_scale_), scale(r * broadcast(sign_, y.shape()), residual_scale_), carried});
  const BetweenPictures refine(refine_);
  const Tensor x = body_(m + carried, faces) + refine(features);
  return keeps_background_ ? box_select(x, y, faces) : x;
}

void InverseNetwork::learn(const std::vector<PublishedPair>& pairs, const InverseTraining& training,
                           const std::function<void()>& on_step) {
  BAUTA_CHECK(!pairs.empty(), "no pairs to learn from");
  keeps_background_ = std::ranges::all_of(pairs, same_outside);
  fit_gain(pairs);
  initialize(training.seed);
  TrainingConfig course;
  course.steps = training.steps;
  course.learning_rate = training.learning_rate;
  Adam optimizer(parameters_);
  EpochOrder order(pairs.size(), training.seed, 0);
  for (std::int64_t step = 0; step < training.steps; ++step) {
    std::vector<Image> published, clear;
    std::vector<MosaicBox> faces;
    for (int i = 0; i < training.batch; ++i) {
      const PublishedPair& pair = pairs[order.next()];
      published.push_back(*pair.published);
      clear.push_back(*pair.clear);
      faces.push_back(pair.face);
    }
    optimizer.set_learning_rate(learning_rate_at(course, step));
    const Tensor made = estimate(to_tensor(engine_, published), Boxes(engine_, faces));
    backward({l1_loss(made, to_tensor(engine_, clear))}, {1}, optimizer.gradients());
    optimizer.step();
    on_step();
  }
}

Image InverseNetwork::operator()(const FacePicture& published) const {
  const NoGrad inference(engine_);
  return to_image(estimate(to_tensor(engine_, {*published.picture}), Boxes(engine_, {published.face})), 0);
}

QueryInverse::QueryInverse(Engine& engine, Queries& queries, std::size_t count, Sees sees,
                           const InverseTraining& training)
    : engine_(engine), queries_(queries), count_(count), sees_(sees), training_(training) {}

AttackerCard QueryInverse::card() const {
  const bool blocks = sees_ == Sees::BlocksAlone;
  return {(blocks ? "query-blocks-" : "query-") + std::to_string(count_),
          "query",
          blocks ? "the same inverse, shown the blocks' colours alone"
                 : "an inverse taught with pairs of photograph and answer",
          "De-ID may be asked, photographs of other people",
          blocks,
          static_cast<std::int64_t>(count_),
          training_.steps};
}

Haul QueryInverse::attack(std::span<const FacePicture> published, const std::function<void()>& on_step) {
  std::vector<PublishedPair> pairs = queries_.first(count_);
  std::vector<Image> blocks;
  blocks.reserve(pairs.size());
  if (sees_ == Sees::BlocksAlone)
    for (PublishedPair& pair : pairs)
      pair.published = &blocks.emplace_back(only_blocks({pair.published, pair.face}));
  InverseNetwork inverse(engine_);
  inverse.learn(pairs, training_, on_step);
  Haul haul;
  for (const FacePicture& picture : published) {
    if (sees_ == Sees::Everything) {
      haul.pictures.push_back(inverse(picture));
    } else {
      const Image seen = only_blocks(picture);
      haul.pictures.push_back(inverse({&seen, picture.face}));
    }
  }
  return haul;
}

}  // namespace bauta
