#include "cyclegan/attacks/visible.h"

#include <algorithm>
#include <cmath>

#include "cyclegan/networks/pictures.h"
#include "kernels/check.h"
#include "nn/tape.h"

namespace bauta {
namespace {

constexpr const char* kFamily = "visible";
constexpr const char* kKnowledge = "the visible blocks, photographs of other people";

// 40 pixels become 20, 10, 5.
Sequential matcher_layers(int dimensions) {
  constexpr ConvGeometry kHalve{2, 1};
  constexpr int kChannels[] = {32, 64, 128};
  Sequential layers;
  int in = 3;
  for (const int out : kChannels) {
    layers.add<Conv2d>(in, out, 3, kHalve).add<ReLU>();
    in = out;
  }
  constexpr int kLeft = AdaptedMatcher::kSide / 8, kHidden = 256;
  // A matrix over all positions, written as a convolution.
  layers.add<Conv2d>(in, kHidden, kLeft, ConvGeometry{}).add<ReLU>();
  layers.add<Conv2d>(kHidden, dimensions, 1, ConvGeometry{});
  return layers;
}

Tensor unit_length(const Tensor& x) {
  constexpr float kLeastSquare = 1e-10f;
  const Tensor square = reduce_sum(x * x, {x.shape().n, 1, 1, 1});
  return x * broadcast(rsqrt(affine(square, 1, kLeastSquare)), x.shape());
}

// The face alone: hair and background are not what blocks give away.
Image seen_by_matcher(const FacePicture& picture) {
  const MosaicBox& face = picture.face;
  return resize(crop(*picture.picture, face.x, face.y, face.width, face.height), AdaptedMatcher::kSide,
                AdaptedMatcher::kSide);
}

Image own_mosaic(const Subject& subject, int blocks) {
  return only_blocks({&subject.clear, face_with_blocks(subject, blocks)});
}

}  // namespace

AttackerCard MosaickedGallery::card() const {
  return {"visible-gallery", kFamily, "compares with a gallery under the same mosaic", "the visible blocks",
          true};
}

Haul MosaickedGallery::attack(std::span<const FacePicture> published, const std::function<void()>&) {
  Haul haul;
  for (const FacePicture& picture : published) haul.pictures.push_back(*picture.picture);
  haul.as_gallery = only_blocks;
  return haul;
}

AdaptedMatcher::AdaptedMatcher(Engine& engine, const SubjectSet& own, const Embeddings& own_embeddings,
                               const Opinion& opinion, int blocks, std::int64_t steps, std::uint64_t seed)
    : engine_(engine),
      own_(own),
      embeddings_(own_embeddings),
      opinion_(opinion),
      blocks_(blocks),
      steps_(steps),
      seed_(seed) {}

AttackerCard AdaptedMatcher::card() const {
  return {"visible-adapted",
          kFamily,
          "a matcher adapted to mosaics: from block colours to " + opinion_.name,
          kKnowledge,
          true,
          0,
          steps_};
}

Haul AdaptedMatcher::attack(std::span<const FacePicture> published, const std::function<void()>& on_step) {
  std::vector<Image> seen;
  std::vector<const Embedding*> wanted;
  for (std::size_t i = 0; i < own_.subjects.size(); ++i) {
    if (!embeddings_[i]) continue;
    const Image mosaicked = own_mosaic(own_.subjects[i], blocks_);
    seen.push_back(seen_by_matcher({&mosaicked, own_.subjects[i].face}));
    wanted.push_back(&*embeddings_[i]);
  }
  BAUTA_CHECK(!seen.empty(), "no photograph of the attacker's has a face whose landmarks are known");

  const int dimensions = opinion_.network->dimensions();
  const Sequential layers = matcher_layers(dimensions);
  std::vector<NamedParameter> named;
  layers.collect("", named);
  const Parameters parameters(engine_, named);
  const std::uint64_t streams = random_stream(seed_, RandomUse::Weights).stream;
  for (std::size_t i = 0; i < named.size(); ++i) {
    const Shape& shape = named[i].parameter->shape;
    initialize_normal({named[i]}, std::sqrt(2 / static_cast<float>(shape.h * shape.w * shape.c)), seed_,
                      streams + i);
  }
  parameters.publish();
  const BetweenPictures network(layers);

  constexpr int kBatch = 32;
  TrainingConfig course;
  course.steps = steps_;
  course.learning_rate = 1e-3f;
  Adam optimizer(parameters, {.beta1 = 0.9f});
  EpochOrder order(seen.size(), seed_, 0);
  const RandomStream coin = random_stream(seed_, RandomUse::Mirror);
  for (std::int64_t step = 0; step < steps_; ++step) {
    std::vector<Image> faces;
    std::vector<bool> mirrored;
    std::vector<float> values;
    for (int i = 0; i < kBatch; ++i) {
      const std::size_t index = order.next();
      faces.push_back(seen[index]);
      // A mirrored face is the same person's.
      mirrored.push_back(coin.below(2, static_cast<std::uint64_t>(step * kBatch + i)) == 1);
      values.insert(values.end(), wanted[index]->begin(), wanted[index]->end());
    }
    optimizer.set_learning_rate(learning_rate_at(course, step));
    const Tensor guess = unit_length(network(to_tensor(engine_, faces, mirrored)));
    const Tensor truth = Tensor::from(engine_, guess.shape(), values);
    backward({sum(guess * truth)}, {-1.0f / kBatch}, optimizer.gradients());
    optimizer.step();
    on_step();
  }

  const NoGrad inference(engine_);
  Haul haul;
  haul.guessed_as = opinion_.name;
  for (const FacePicture& picture : published)
    haul.guesses.emplace_back(unit_length(network(to_tensor(engine_, {seen_by_matcher(picture)}))).values());
  return haul;
}

SuperResolution::SuperResolution(Engine& engine, const SubjectSet& own, int blocks,
                                 const InverseTraining& training)
    : engine_(engine), own_(own), blocks_(blocks), training_(training) {}

AttackerCard SuperResolution::card() const {
  return {"visible-superres", kFamily, "super-resolution of the mosaic, then a comparison",
          kKnowledge,         true,    0,
          training_.steps};
}

Haul SuperResolution::attack(std::span<const FacePicture> published, const std::function<void()>& on_step) {
  std::vector<Image> mosaics;
  mosaics.reserve(own_.subjects.size());
  std::vector<PublishedPair> pairs;
  for (const Subject& subject : own_.subjects)
    pairs.push_back({&mosaics.emplace_back(own_mosaic(subject, blocks_)), &subject.clear,
                     face_with_blocks(subject, blocks_)});
  InverseNetwork inverse(engine_);
  inverse.learn(pairs, training_, on_step);
  Haul haul;
  for (const FacePicture& picture : published) haul.pictures.push_back(inverse(picture));
  return haul;
}

}  // namespace bauta
