// Three pairs trained under the same conditions but for the seed: how far apart they end up, and whether
// one's F reads another's De-ID pictures. Paper section 5.3, Figs. 11 and 12.
#pragma once

#include <array>
#include <functional>

#include "cyclegan/attacks/forged.h"
#include "cyclegan/evaluation/bootstrap.h"

namespace bauta {

inline constexpr std::size_t kTwins = 3;

struct Twins {
  // Of a subject: deid[i] = G_i(x), through a PNG file; reid[i] = F_i(deid[i]).
  struct Pictures {
    std::array<Image, kTwins> deid, reid;
  };
  std::vector<Pictures> pictures;  // of the first subjects
  // Mean difference in the face, grey levels, of the pairs 1-2, 1-3, 2-3.
  std::array<Figure, kTwins> deid_difference, reid_difference;
  // cross_psnr[i][j]: F_j(G_i(x)) against x in the face, dB.
  std::array<std::array<Figure, kTwins>, kTwins> cross_psnr;
};

inline constexpr std::array<std::pair<std::size_t, std::size_t>, kTwins> kTwinPairs{{{0, 1}, {0, 2}, {1, 2}}};

// Of the set's first `count` subjects; the pictures of the first `kept` are kept. done: after each subject.
Twins compare_twins(Engine& engine, const std::array<GeneratorPair, kTwins>& systems, const SubjectSet& set,
                    std::size_t count, std::size_t kept, std::uint64_t seed,
                    const std::function<void()>& done);

// |a - b| times `factor`, cut at white: the differences of Fig. 12.
Image difference_picture(const Image& a, const Image& b, int factor);

}  // namespace bauta
