// What attackers learn from: clear photographs of other people, and what the victim answers for them.
#pragma once

#include <cstdint>
#include <vector>

#include "cyclegan/evaluation/method.h"
#include "cyclegan/evaluation/subject.h"

namespace bauta {

// Which of `count` pictures is seen next, again and again: each epoch shows each once, in an order of its
// own.
class EpochOrder {
 public:
  // Orders of one seed and different `domain` have nothing to do with each other. count > 0, or CheckError.
  EpochOrder(std::size_t count, std::uint64_t seed, std::uint64_t domain);
  std::size_t next();

 private:
  std::uint64_t seed_, domain_, epoch_ = 0;
  std::size_t place_ = 0;
  std::vector<std::size_t> order_;
};

// The published counterpart of a clear picture, of its size.
struct PublishedPair {
  const Image *published, *clear;
  MosaicBox face;
};

// The victim asked for De-ID of one's own photographs. Each is asked once, however many attackers use the
// answer; what an attacker has to pay is what it uses.
class Queries {
 public:
  // Photographs are asked in an order drawn from the seed. All must outlive it.
  Queries(const Method& victim, const SubjectSet& own, std::uint64_t seed);
  std::size_t most() const { return order_.size(); }
  // The first `count` answers, through an 8-bit PNG file as everything published; at most most().
  std::vector<PublishedPair> first(std::size_t count);

 private:
  const Method& victim_;
  const SubjectSet& own_;
  std::vector<std::size_t> order_;
  std::vector<Image> answers_;  // room for all is reserved: pairs point to them
};

// A subject's face with blocks of another number across it.
MosaicBox face_with_blocks(const Subject& subject, int blocks);

// As it is shown to who sees blocks and nothing else.
Image only_blocks(const FacePicture& picture);

}  // namespace bauta
