#include "cyclegan/attacks/twins.h"

#include <algorithm>
#include <cstdlib>

#include "cyclegan/anonymizer/translate.h"
#include "cyclegan/attacks/own_photographs.h"
#include "cyclegan/evaluation/judgement.h"

namespace bauta {

Image difference_picture(const Image& a, const Image& b, int factor) {
  Image difference = a;
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    difference.pixels[i] =
        static_cast<std::uint8_t>(std::min(255, factor * std::abs(a.pixels[i] - b.pixels[i])));
  return difference;
}

Twins compare_twins(Engine& engine, const std::array<GeneratorPair, kTwins>& systems, const SubjectSet& set,
                    std::size_t count, std::size_t kept, std::uint64_t seed,
                    const std::function<void()>& done) {
  std::vector<FaceNetwork> G, F;
  for (const GeneratorPair& system : systems) {
    G.push_back(face_network(engine, system.deid));
    F.push_back(face_network(engine, system.reid));
  }
  Twins twins;
  std::array<std::vector<double>, kTwins> deid_differences, reid_differences;
  std::array<std::array<std::vector<double>, kTwins>, kTwins> psnrs;
  for (std::size_t s = 0; s < std::min(count, set.subjects.size()); ++s) {
    const Subject& subject = set.subjects[s];
    Twins::Pictures pictures;
    for (std::size_t i = 0; i < kTwins; ++i) {
      pictures.deid[i] = through_png(G[i](subject.clear, subject.face));
      for (std::size_t j = 0; j < kTwins; ++j) {
        Image restored = F[j](pictures.deid[i], subject.face);
        psnrs[i][j].push_back(std::min(psnr(subject.clear, restored, subject.box()), kEqualPsnr));
        if (i == j) pictures.reid[i] = std::move(restored);
      }
    }
    for (std::size_t p = 0; p < kTwins; ++p) {
      const auto [i, j] = kTwinPairs[p];
      deid_differences[p].push_back(mean_distance(pictures.deid[i], pictures.deid[j], subject.box()));
      reid_differences[p].push_back(mean_distance(pictures.reid[i], pictures.reid[j], subject.box()));
    }
    if (s < kept) twins.pictures.push_back(std::move(pictures));
    done();
  }
  for (std::size_t i = 0; i < kTwins; ++i) {
    twins.deid_difference[i] = summarize(deid_differences[i], {.seed = seed});
    twins.reid_difference[i] = summarize(reid_differences[i], {.seed = seed});
    for (std::size_t j = 0; j < kTwins; ++j) twins.cross_psnr[i][j] = summarize(psnrs[i][j], {.seed = seed});
  }
  return twins;
}

}  // namespace bauta
