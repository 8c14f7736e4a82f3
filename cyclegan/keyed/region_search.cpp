#include "cyclegan/keyed/region_search.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <numeric>

namespace bauta {
namespace {

constexpr int kWindow = 4;  // pixels a side
constexpr int kMostMisses = 10'000;

// The usual residuals first.
std::vector<int> residuals_by_likelihood() {
  std::vector<int> all(kLargestResidual);
  std::iota(all.begin(), all.end(), kSmallestResidual);
  std::ranges::stable_partition(all,
                                [](int k) { return k == 7 || k == 10 || k == 15 || k == 21 || k == 31; });
  return all;
}

// Whether the window from (x, y) lies in one cell and has the grain of uniform residuals, whose neighbours
// differ by (Q^2 - 1) / 3Q in the mean. Half of it is asked for: 4 standard deviations below.
bool could_be_keyed(const Image& photo, int x, int y, const Lattice& lattice) {
  int sum = 0;
  for (int c = 0; c < 3; ++c) {
    const int cell = lattice.cell_of(photo.at(x, y)[c]);
    if (cell >= lattice.cells()) return false;
    for (int row = y; row < y + kWindow; ++row) {
      for (int column = x; column < x + kWindow; ++column) {
        const int level = photo.at(column, row)[c];
        if (lattice.cell_of(level) != cell) return false;
        if (column > x) sum += std::abs(level - photo.at(column - 1, row)[c]);
      }
    }
  }
  constexpr int kPairs = 3 * kWindow * (kWindow - 1);
  const int q = lattice.values();
  return 6 * sum * q >= kPairs * (q * q - 1);
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
  return [&keys, last = std::make_shared<std::optional<Last>>()](const PictureCipher::Nonce& nonce) {
    if (!*last || (*last)->nonce != nonce) *last = Last{nonce, keys(nonce)};
    const auto& key = (*last)->key;
    return key ? std::optional(SecretKey::from_bytes(key->bytes())) : std::nullopt;
  };
}

// A region that begins at (x, y), if there is one. Its head may go on in the next rows, so narrow widths are
// tried one by one; from where the head fits in a row they are all the same.
std::optional<KeyedRegion> region_at(const Image& photo, int x, int y, const Lattice& lattice,
                                     const RegionKeys& keys) {
  const std::size_t count = head_samples(lattice);
  const int widest = std::min(photo.width - x, static_cast<int>((count + 2) / 3));
  std::vector<std::uint8_t> last;
  for (int width = widest; width >= kWindow; --width) {
    std::vector<std::uint8_t> levels = first_levels(photo, x, y, width, count);
    if (levels == last) continue;
    const auto head = read_head(levels, lattice, keys);
    last = std::move(levels);
    if (!head || head->width > photo.width - x || head->height > photo.height - y) continue;
    const KeyedRegion region{{x, y, head->width, head->height}, head->block, lattice.k(), {}};
    const Image pixels = crop(photo, x, y, head->width, head->height);
    if (open_region(pixels, head->block, lattice, keys).state == RegionState::Intact) return region;
  }
  return {};
}

std::vector<KeyedRegion> find_on(const Image& photo, const Lattice& lattice, const RegionKeys& keys) {
  std::vector<KeyedRegion> found;
  int misses = 0;
  for (int y = 0; y + kWindow <= photo.height; ++y) {
    for (int x = 0; x + kWindow <= photo.width; ++x) {
      const auto inside = std::ranges::find_if(found, [=](const KeyedRegion& region) {
        return intersection(region.box, {x, y, 1, 1}).area() > 0;
      });
      if (inside != found.end()) {
        x = inside->box.x + inside->box.width - 1;
        continue;
      }
      if (!could_be_keyed(photo, x, y, lattice)) continue;
      if (auto region = region_at(photo, x, y, lattice, keys))
        found.push_back(*std::move(region));
      else if (++misses >= kMostMisses)
        return found;
    }
  }
  return found;
}

}  // namespace

std::vector<KeyedRegion> find_keyed_regions(const Image& photo, const SecretKey& key) {
  const RegionKeys derive = keys_from(key);
  const RegionKeys keys = remembering(derive);
  for (const int k : residuals_by_likelihood())
    if (auto found = find_on(photo, Lattice(k), keys); !found.empty()) return found;
  return {};
}

}  // namespace bauta
