#include "cyclegan/keyed/region_search.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <utility>

namespace bauta {
namespace {

// Sides of the window that tells whether a region could begin, pixels.
constexpr int kWindow = 4;
constexpr int kSureWindow = 8;  // less is taken for a region that is none
// Places that look like a region's corner and are none, for each k; narrow ones take 30 times as long.
constexpr int kMostWideMisses = 2'000;
constexpr int kMostNarrowMisses = 200;

// The usual residuals first.
std::vector<int> residuals_by_likelihood() {
  std::vector<int> all(kLargestResidual);
  std::iota(all.begin(), all.end(), kSmallestResidual);
  std::ranges::stable_partition(
      all, [](int k) { return std::ranges::find(kUsualResiduals, k) != kUsualResiduals.end(); });
  return all;
}

// Whether the window from (x, y) lies in one cell and has the grain of uniform residuals, whose neighbours
// differ by (Q^2 - 1) / 3Q in the mean. Half of it is asked for, of a large window three quarters: 4 standard
// deviations below. A large window also has residuals at both ends of its cell (of 64, all miss an eighth of
// the cell once in 5,000 times), which the noise of a smooth background, if it stays in one cell at all, has
// not.
bool could_be_keyed(const Image& photo, int x, int y, int window, const Lattice& lattice) {
  int sum = 0;
  const bool large = window >= kSureWindow;
  const int margin = large ? lattice.values() / 8 : lattice.values();
  for (int c = 0; c < 3; ++c) {
    const int cell = lattice.cell_of(photo.at(x, y)[c]);
    if (cell >= lattice.cells()) return false;
    int least = lattice.values(), most = 0;
    for (int row = y; row < y + window; ++row) {
      for (int column = x; column < x + window; ++column) {
        const int level = photo.at(column, row)[c];
        if (lattice.cell_of(level) != cell) return false;
        least = std::min(least, level % lattice.values());
        most = std::max(most, level % lattice.values());
        if (column > x) sum += std::abs(level - photo.at(column - 1, row)[c]);
      }
    }
    if (least > margin || most < lattice.values() - 1 - margin) return false;
  }
  const int pairs = 3 * window * (window - 1);
  const int q = lattice.values();
  return (large ? 4 : 6) * sum * q >= pairs * (q * q - 1);
}

// The first levels of a region of this width that begins at (x, y).
std::vector<std::uint8_t> first_levels(const Image& photo, int x, int y, int width, std::size_t count) {
  std::vector<std::uint8_t> levels;
  const auto row_levels = 3 * static_cast<std::size_t>(width);
  for (; levels.size() < count && y < photo.height; ++y) {
    const std::uint8_t* row = photo.at(x, y);
    levels.insert(levels.end(), row, row + std::min(row_levels, count - levels.size()));
  }
  return levels;
}

// Derives each key once while the nonce stays the same.
RegionKeys remembering(const RegionKeys& keys) {
  struct Last {
    PictureCipher::Nonce nonce;
    std::optional<SecretKey> key;
  };
  return [&keys, last = std::make_shared<std::optional<Last>>()](const RegionNonce& nonce) {
    if (!*last || (*last)->nonce != nonce.nonce) *last = Last{nonce.nonce, keys(nonce)};
    const auto& key = (*last)->key;
    return key ? std::optional(SecretKey::from_bytes(key->bytes())) : std::nullopt;
  };
}

enum class Widths {
  Wide,    // the head fits in the first row, and the width need not be known to read it
  Narrow,  // it goes on in the next rows: widths are tried one by one
};

struct Sight {
  KeyedRegion region;
  bool is_whole;
};

// A head is not authenticated: what has one by chance, under another key or none, says sides from the whole
// range.
bool is_likely(const RegionHead& head) {
  constexpr int kLongest = 1 << 15;
  return std::max(head.width, head.height) <= kLongest && head.block <= std::max(head.width, head.height);
}

std::optional<Sight> region_at(const Image& photo, int x, int y, const Lattice& lattice,
                               const RegionKeys& keys, Widths widths) {
  const std::size_t count = head_samples(lattice);
  const int head_width = static_cast<int>((count + 2) / 3);
  const int space = photo.width - x;
  if (widths == Widths::Wide && head_width > space) return {};
  const int widest = widths == Widths::Wide ? head_width : std::min(head_width - 1, space);
  const int narrowest = widths == Widths::Wide ? head_width : kWindow;
  for (int width = widest; width >= narrowest; --width) {
    const auto head = read_head(first_levels(photo, x, y, width, count), lattice, keys);
    if (!head || !is_likely(*head) || (widths == Widths::Narrow && head->width != width)) continue;
    const KeyedRegion region{{x, y, head->width, head->height}, head->block, lattice.k(), {}};
    if (head->width > space || head->height > photo.height - y) return Sight{region, false};
    const Image pixels = crop(photo, x, y, head->width, head->height);
    return Sight{region, open_region(pixels, head->block, lattice, keys).state == RegionState::Intact};
  }
  return {};
}

// Adds what is found outside of what has been.
void find_more(FoundRegions& found, const Image& photo, const Lattice& lattice, const RegionKeys& keys,
               int window, Widths widths) {
  int misses = 0;
  const int most_misses = widths == Widths::Wide ? kMostWideMisses : kMostNarrowMisses;
  for (int y = 0; y + window <= photo.height; ++y) {
    for (int x = 0; x + window <= photo.width; ++x) {
      const KeyedRegion* inside = nullptr;
      for (const auto* regions : {&found.whole, &found.damaged})
        for (const KeyedRegion& region : *regions)
          if (intersection(region.box, {x, y, 1, 1}).area() > 0) inside = &region;
      if (inside) {
        x = inside->box.x + inside->box.width - 1;
        continue;
      }
      if (!could_be_keyed(photo, x, y, window, lattice)) continue;
      if (const auto sight = region_at(photo, x, y, lattice, keys, widths)) {
        (sight->is_whole ? found.whole : found.damaged).push_back(sight->region);
      } else if (++misses >= most_misses) {
        return;
      }
    }
  }
}

// windows: blocks may be smaller than the first, which is the surer.
FoundRegions find_regions(const Image& photo, const RegionKeys& derive, const std::vector<int>& windows,
                          const std::vector<int>& residuals) {
  const RegionKeys keys = remembering(derive);
  FoundRegions found;
  for (const Widths first : {Widths::Wide, Widths::Narrow}) {
    for (const int k : residuals) {
      const auto find = [&](Widths widths) {
        for (const int window : windows) find_more(found, photo, Lattice(k), keys, window, widths);
      };
      find(first);
      if (found.whole.empty() && found.damaged.empty()) continue;
      if (first == Widths::Wide) find(Widths::Narrow);
      for (auto* regions : {&found.whole, &found.damaged})
        std::ranges::sort(*regions, {},
                          [](const KeyedRegion& region) { return std::pair(region.box.y, region.box.x); });
      return found;
    }
  }
  return found;
}

}  // namespace

FoundRegions search_keyed_regions(const Image& photo, const SecretKey& key,
                                  const std::vector<int>& residuals) {
  return find_regions(photo, keys_from(key), {kSureWindow, kWindow},
                      residuals.empty() ? residuals_by_likelihood() : residuals);
}

FoundRegions search_keyed_regions(const Image& photo, const Passphrase& passphrase) {
  return find_regions(photo, keys_from(passphrase), {kSureWindow},
                      residuals_by_likelihood());  // to try one takes long
}

std::vector<KeyedRegion> find_keyed_regions(const Image& photo, const SecretKey& key,
                                            const std::vector<int>& residuals) {
  return search_keyed_regions(photo, key, residuals).whole;
}

std::vector<KeyedRegion> find_keyed_regions(const Image& photo, const Passphrase& passphrase) {
  return search_keyed_regions(photo, passphrase).whole;
}

}  // namespace bauta
