#include "cyclegan/attacks/own_photographs.h"

#include "cyclegan/evaluation/judgement.h"
#include "cyclegan/shuffled.h"
#include "cyclegan/training/config.h"
#include "kernels/check.h"

namespace bauta {

EpochOrder::EpochOrder(std::size_t count, std::uint64_t seed, std::uint64_t domain)
    : seed_(seed), domain_(domain), order_(count) {
  BAUTA_CHECK(count > 0, "no pictures to learn from");
}

std::size_t EpochOrder::next() {
  constexpr std::uint64_t kDomains = 16;
  if (place_ == 0)
    order_ = shuffled(order_.size(), random_stream(seed_, RandomUse::Order, kDomains * epoch_++ + domain_));
  const std::size_t chosen = order_[place_];
  place_ = (place_ + 1) % order_.size();
  return chosen;
}

Queries::Queries(const Method& victim, const SubjectSet& own, std::uint64_t seed)
    : victim_(victim),
      own_(own),
      order_(shuffled(own.subjects.size(), random_stream(seed, RandomUse::Order))) {
  answers_.reserve(order_.size());
}

std::vector<PublishedPair> Queries::first(std::size_t count) {
  BAUTA_CHECK(count <= most(), count, " queries with ", most(), " photographs");
  std::vector<PublishedPair> pairs;
  for (std::size_t i = 0; i < count; ++i) {
    const Subject& subject = own_.subjects[order_[i]];
    if (i == answers_.size())
      answers_.push_back(through_png(victim_.hide(face_picture(subject.clear, subject))));
    pairs.push_back({&answers_[i], &subject.clear, subject.face});
  }
  return pairs;
}

MosaicBox face_with_blocks(const Subject& subject, int blocks) {
  MosaicBox face = subject.face;
  face.block = mosaic_block(subject.box(), blocks);
  return face;
}

Image only_blocks(const FacePicture& picture) {
  const MosaicBox& face = picture.face;
  return mosaic(*picture.picture, {face.x, face.y, face.width, face.height}, face.block);
}

}  // namespace bauta
