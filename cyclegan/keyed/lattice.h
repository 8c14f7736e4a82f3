// The lattice of levels that a keyed picture's blocks stand on. With Q = 2k + 1, cell j is the Q grey levels
// Qj .. Qj + 2k around the centre Qj + k (k = 7: centres 7, 22, .. 247). A level v lies in cell v div Q
// whatever its residual v mod Q is, so the cell can be read off any pixel, and the residual is free.
#pragma once

#include <cstdint>
#include <vector>

#include "io/image.h"

namespace bauta {

inline constexpr int kSmallestResidual = 1;
inline constexpr int kLargestResidual = 31;

class Lattice {
 public:
  // Throws std::invalid_argument unless k is within the two limits.
  explicit Lattice(int k);

  int k() const { return k_; }
  int values() const { return 2 * k_ + 1; }  // Q
  // Cells that lie wholly in 0 .. 255: floor(256 / Q), 17 for k = 7. What of 0 .. 255 is beyond them is never
  // written (k = 7: 255).
  int cells() const { return 256 / values(); }
  int centre(int cell) const { return cell * values() + k_; }

  // The cell of a level; cells() or more beyond the last.
  int cell_of(int level) const { return level / values(); }
  // The cell for a mean: the one it lies in, or the last.
  int cell_for(int mean) const { return mean / values() < cells() ? mean / values() : cells() - 1; }

 private:
  int k_;
};

// The cell of each sample of `region` (3 a pixel, as Image has them): for its block and channel the one in
// which the block's mean, rounded half up, lies. Blocks are squares of `block` pixels from the top left
// corner, cut at the other borders. Throws std::invalid_argument unless block > 0.
std::vector<std::uint8_t> block_cells(const Image& region, int block, const Lattice& lattice);

// The same where one colour covers all: the middle cell, whatever the region shows.
std::vector<std::uint8_t> fill_cells(const Image& region, const Lattice& lattice);

// Whether every sample of `region` lies in the cell given for it.
bool lies_in_cells(const Image& region, const std::vector<std::uint8_t>& cells, const Lattice& lattice);

// The cells that are read off a region: in each block and channel the one that most samples lie in, so that
// some altered pixels do not matter.
std::vector<std::uint8_t> read_cells(const Image& region, int block, const Lattice& lattice);

}  // namespace bauta
