// Keyed regions found again in a picture that has lost its record: re-encoded by a site, chunks stripped, cut
// at the borders. The lattice says where one could begin, the key whether one does.
#pragma once

#include <vector>

#include "cyclegan/keyed/keyed_anonymizer.h"

namespace bauta {

// Each list from the top.
struct FoundRegions {
  std::vector<KeyedRegion> whole;  // open as they were written
  // Begin under the key as a region does, and do not open: changed further down, or cut off by the picture's
  // right or lower edge, beyond which they then reach.
  std::vector<KeyedRegion> damaged;
};

// The regions that begin in the picture under the user's key. All of a picture's regions have one k. What it
// takes: a first block of at least 4 pixels, and the levels up to the end of the head as they were written,
// for what lies before cannot be told from grain of another kind. A picture with grain of the lattice's kind
// in 2,000 places before the region (200 for regions so narrow that their head goes on in the second row: 40
// pixels for k = 7) is given up.
// residuals: k that may be, the likeliest first; none: any.
FoundRegions search_keyed_regions(const Image& photo, const SecretKey& key,
                                  const std::vector<int>& residuals = {});

// The same under a passphrase, which takes half a second of a core to try at one place: a first block of at
// least 8 pixels is asked for, and only the first kMostSaltsToTry places are tried (picture_key.h). Throws
// as keys_from.
FoundRegions search_keyed_regions(const Image& photo, const Passphrase& passphrase);

// Those that are whole.
std::vector<KeyedRegion> find_keyed_regions(const Image& photo, const SecretKey& key,
                                            const std::vector<int>& residuals = {});
std::vector<KeyedRegion> find_keyed_regions(const Image& photo, const Passphrase& passphrase);

}  // namespace bauta
