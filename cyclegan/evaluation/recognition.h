// Who is still recognized? Somebody with a face matcher and a gallery of photographs looks for the person in
// a picture.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cyclegan/evaluation/subject.h"
#include "cyclegan/evaluation/verification.h"
#include "cyclegan/faces/identity_network.h"

namespace bauta {

// An identity network as a judge.
struct Opinion {
  std::string name;  // "facenet"
  const IdentityNetwork* network;
};

// Of each subject of a set; nothing where its face was not located.
using Embeddings = std::vector<std::optional<Embedding>>;

// pictures: of the first subjects, one each, of the clear picture's size, cut where the clear one's face is;
// an empty one has no embedding. done: called after so many more subjects.
Embeddings embed(const IdentityNetwork& network, const SubjectSet& set,
                 const std::vector<const Image*>& pictures, const std::function<void(std::size_t)>& done);

// The same of pictures side by side in memory, and of the clear pictures.
Embeddings embed(const IdentityNetwork& network, const SubjectSet& set, const std::vector<Image>& pictures,
                 const std::function<void(std::size_t)>& done);
Embeddings embed_clear(const IdentityNetwork& network, const SubjectSet& set,
                       const std::function<void(std::size_t)>& done);

// The cosine similarities of eq. 6 between each subject's two embeddings, where it has both.
std::vector<double> cosines(const Embeddings& a, const Embeddings& b);

// What the gallery holds of the person in the picture that is looked up.
enum class Gallery {
  OwnPhotograph,   // the very photograph that was hidden
  OtherPhotograph  // other photographs of the person, never this one
};

// Of fewer people than this nothing is said: an interval over people would be none.
inline constexpr std::size_t kFewestPeople = 5;

// Every probe against every gallery picture, the other people's as impostors. Nothing where fewer than
// kFewestPeople have a genuine pair; so without known people only OwnPhotograph can be asked.
std::optional<Verification> recognize(const SubjectSet& set, const Embeddings& probes,
                                      const Embeddings& gallery, Gallery kind, std::uint64_t seed);

struct Recognition {
  std::optional<Verification> own_photograph, other_photograph;
  // The attacker hides the gallery's photographs likewise before he compares.
  std::optional<Verification> hidden_gallery;

  // The harder question where it can be asked.
  const std::optional<Verification>& linked() const {
    return other_photograph ? other_photograph : own_photograph;
  }
};

// Pairs of subjects of different people, drawn at random, each at most once; fewer than `most` where there
// are no more.
std::vector<std::pair<std::size_t, std::size_t>> pairs_of_strangers(const SubjectSet& set, std::size_t most,
                                                                    std::uint64_t seed);

}  // namespace bauta
