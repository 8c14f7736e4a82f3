#include "cyclegan/evaluation/recognition.h"

#include <algorithm>
#include <set>

#include "kernels/random.h"

namespace bauta {

Embeddings embed(const IdentityNetwork& network, const SubjectSet& set,
                 const std::vector<const Image*>& pictures, const std::function<void(std::size_t)>& done) {
  constexpr std::size_t kBatch = 8;
  Embeddings all(set.subjects.size());
  for (std::size_t first = 0; first < pictures.size(); first += kBatch) {
    const std::size_t end = std::min(first + kBatch, pictures.size());
    std::vector<Image> cuts;
    std::vector<std::size_t> whose;
    for (std::size_t i = first; i < end; ++i) {
      if (!set.subjects[i].location || pictures[i]->pixels.empty()) continue;
      cuts.push_back(network.cut(*pictures[i], *set.subjects[i].location));
      whose.push_back(i);
    }
    if (!cuts.empty()) {
      std::vector<Embedding> found = network.embed(cuts);
      for (std::size_t j = 0; j < whose.size(); ++j) all[whose[j]] = std::move(found[j]);
    }
    done(end - first);
  }
  return all;
}

Embeddings embed(const IdentityNetwork& network, const SubjectSet& set, const std::vector<Image>& pictures,
                 const std::function<void(std::size_t)>& done) {
  std::vector<const Image*> pointers;
  for (const Image& picture : pictures) pointers.push_back(&picture);
  return embed(network, set, pointers, done);
}

Embeddings embed_clear(const IdentityNetwork& network, const SubjectSet& set,
                       const std::function<void(std::size_t)>& done) {
  std::vector<const Image*> pointers;
  for (const Subject& subject : set.subjects) pointers.push_back(&subject.clear);
  return embed(network, set, pointers, done);
}

std::vector<double> cosines(const Embeddings& a, const Embeddings& b) {
  std::vector<double> values;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i] && b[i]) values.push_back(cosine(*a[i], *b[i]));
  return values;
}

std::optional<Verification> recognize(const SubjectSet& set, const Embeddings& probes,
                                      const Embeddings& gallery, Gallery kind, std::uint64_t seed) {
  std::vector<Comparison> comparisons;
  std::set<std::size_t> found;  // people with a genuine pair
  for (std::size_t i = 0; i < probes.size(); ++i) {
    for (std::size_t j = 0; j < gallery.size(); ++j) {
      if (!probes[i] || !gallery[j]) continue;
      const bool same = set.subjects[i].person == set.subjects[j].person;
      if (same && (i == j) != (kind == Gallery::OwnPhotograph)) continue;
      if (same) found.insert(set.subjects[i].person);
      comparisons.push_back(
          {cosine(*probes[i], *gallery[j]), set.subjects[i].person, set.subjects[j].person});
    }
  }
  if (found.size() < kFewestPeople) return {};
  // The interval of a rate over thousands of comparisons needs no more resamples than this, and each costs a
  // pass.
  constexpr std::size_t kResamples = 300;
  return verify(std::move(comparisons), {kResamples, 0.95, seed});
}

std::vector<std::pair<std::size_t, std::size_t>> pairs_of_strangers(const SubjectSet& set, std::size_t most,
                                                                    std::uint64_t seed) {
  const std::size_t count = set.subjects.size();
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  if (count < 2) return pairs;
  std::set<std::pair<std::size_t, std::size_t>> drawn;
  const RandomStream random{seed, 0};
  // Every try is a draw; where few pairs are left over, a few hundred more find most of them.
  for (std::uint64_t attempt = 0; pairs.size() < most && attempt < 50 * most; ++attempt) {
    const std::size_t i = random.below(count, 2 * attempt), j = random.below(count, 2 * attempt + 1);
    if (set.subjects[i].person == set.subjects[j].person) continue;
    if (drawn.insert(std::minmax(i, j)).second) pairs.emplace_back(i, j);
  }
  return pairs;
}

}  // namespace bauta
