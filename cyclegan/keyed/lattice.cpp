#include "cyclegan/keyed/lattice.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include "io/box.h"

namespace bauta {

Lattice::Lattice(int k) : k_(k) {
  if (k < kSmallestResidual || k > kLargestResidual)
    throw std::invalid_argument("Lattice: a residual of " + std::to_string(k) + " levels");
}

std::vector<std::uint8_t> block_cells(const Image& region, int block, const Lattice& lattice) {
  std::vector<std::uint8_t> cells = mosaic(region, {0, 0, region.width, region.height}, block).pixels;
  for (std::uint8_t& cell : cells) cell = static_cast<std::uint8_t>(lattice.cell_for(cell));
  return cells;
}

std::vector<std::uint8_t> fill_cells(const Image& region, const Lattice& lattice) {
  return std::vector<std::uint8_t>(region.pixels.size(), static_cast<std::uint8_t>(lattice.cells() / 2));
}

bool lies_in_cells(const Image& region, const std::vector<std::uint8_t>& cells, const Lattice& lattice) {
  return std::ranges::equal(region.pixels, cells, {}, [&](int level) { return lattice.cell_of(level); });
}

std::vector<std::uint8_t> read_cells(const Image& region, int block, const Lattice& lattice) {
  if (block < 1) throw std::invalid_argument("read_cells: a block has no pixel");
  Image cells = region;
  for (int top = 0; top < region.height; top += std::min(block, region.height - top)) {
    for (int left = 0; left < region.width; left += std::min(block, region.width - left)) {
      const int bottom = top + std::min(block, region.height - top);
      const int right = left + std::min(block, region.width - left);
      for (int c = 0; c < 3; ++c) {
        std::array<std::int64_t, 256> votes{};
        for (int y = top; y < bottom; ++y)
          for (int x = left; x < right; ++x)
            ++votes[static_cast<std::size_t>(lattice.cell_for(region.at(x, y)[c]))];
        const auto winner = static_cast<std::uint8_t>(std::ranges::max_element(votes) - votes.begin());
        for (int y = top; y < bottom; ++y)
          for (int x = left; x < right; ++x) cells.at(x, y)[c] = winner;
      }
    }
  }
  return std::move(cells.pixels);
}

}  // namespace bauta
