#include <doctest/doctest.h>

#include <set>

#include "cyclegan/keyed/companding.h"
#include "cyclegan/keyed/digits.h"
#include "cyclegan/keyed/lattice.h"
#include "cyclegan/keyed/region_codec.h"
#include "io/box.h"
#include "tests/cyclegan/anonymizer_pictures.h"
#include "tests/io/test_image.h"

using namespace bauta;

TEST_CASE("the lattice: centres, cells, and what lies beyond the last") {
  const Lattice lattice(7);
  CHECK(lattice.cells() == 17);
  CHECK(lattice.centre(0) == 7);
  CHECK(lattice.centre(16) == 247);
  CHECK(lattice.cell_of(254) == 16);
  CHECK(lattice.cell_of(255) == 17);  // never written
  CHECK(lattice.cell_for(255) == 16);
  for (int k = kSmallestResidual; k <= kLargestResidual; ++k) {
    CAPTURE(k);
    const Lattice any(k);
    CHECK(any.centre(any.cells() - 1) + k <= 255);
    CHECK(any.centre(any.cells()) + k > 255);
    for (int level = 0; level < 256; ++level) CHECK(any.cell_for(level) < any.cells());
  }
  CHECK_THROWS_AS(Lattice(0), std::invalid_argument);
  CHECK_THROWS_AS(Lattice(32), std::invalid_argument);
}

TEST_CASE("the cipher layer: every digit comes back from every cell under every keystream digit") {
  for (int k = kSmallestResidual; k <= kLargestResidual; ++k) {
    const Lattice lattice(k);
    bool right = true;
    for (int cell = 0; cell < lattice.cells(); ++cell) {
      for (int digit = 0; digit < lattice.values(); ++digit) {
        std::set<int> levels;
        for (int s = 0; s < lattice.values(); ++s) {
          const int level = encipher(cell, digit, s, lattice);
          right = right && level >= 0 && level <= 255 && lattice.cell_of(level) == cell &&
                  decipher(level, s, lattice) == digit;
          levels.insert(level);
        }
        // Uniform s, uniform level: whatever the digit, every level of the cell for one s.
        right = right && levels.size() == static_cast<std::size_t>(lattice.values());
      }
    }
    CAPTURE(k);
    CHECK(right);
  }
}

TEST_CASE("blocks of any size stand on the lattice, cut at odd borders") {
  const Image picture = test::smooth_picture(37, 29);
  for (const int k : {1, 7, 15, 31}) {
    const Lattice lattice(k);
    for (const int block : {1, 2, 5, 16, 29, 37, 1000}) {
      CAPTURE(block);
      const auto cells = block_cells(picture, block, lattice);
      const Image mean = mosaic(picture, Box{0, 0, 37, 29}, block);
      Image on_lattice = picture;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        CHECK(cells[i] == lattice.cell_for(mean.pixels[i]));
        on_lattice.pixels[i] = static_cast<std::uint8_t>(lattice.centre(cells[i]));
      }
      CHECK(lies_in_cells(on_lattice, cells, lattice));
      CHECK(read_cells(on_lattice, block, lattice) == cells);
      on_lattice.pixels[0] = static_cast<std::uint8_t>(on_lattice.pixels[0] < 128 ? 255 : 0);
      CHECK_FALSE(lies_in_cells(on_lattice, cells, lattice));
      if (block > 1) CHECK(read_cells(on_lattice, block, lattice) == cells);  // the others outvote it
    }
    CHECK(fill_cells(picture, lattice) == fill_cells(test_image(37, 29), lattice));
  }
}

TEST_CASE("companding: odd, monotonous, exact on its own codes, finer near zero") {
  for (int k = kSmallestResidual; k <= kLargestResidual; ++k) {
    CAPTURE(k);
    CHECK(compand(0, k) == 0);
    CHECK(compand(255, k) == k);
    CHECK(compand(160, k) == k);
    for (int d = 1; d <= 255; ++d) {
      CHECK(compand(-d, k) == -compand(d, k));
      CHECK(compand(d, k) >= compand(d - 1, k));
    }
    for (int r = -k; r <= k; ++r)
      if (k <= 7) CHECK(compand(expand(r, k), k) == r);
  }
  CHECK(expand(1, 7) < 160 / 7 / 2);
  CHECK(expand(7, 7) == 160);
}

TEST_CASE("bytes become digits and come back, in every base") {
  for (int base = 2; base <= 256; ++base) {
    CAPTURE(base);
    for (std::size_t size = 0; size <= 40; ++size) {
      for (const char fill : {'\0', '\xff', 'x'}) {
        std::string bytes(size, fill);
        if (size > 3) bytes[2] = '\x01';
        const auto digits = to_digits(bytes, base);
        CHECK(digits.size() == digits_for(size, base));
        CHECK(from_digits(digits, size, base) == bytes);
        bool in_range = true;
        for (const int digit : digits) in_range = in_range && digit < base;
        CHECK(in_range);
      }
    }
  }
  // 99 % of what the digits could hold.
  CHECK(digits_for(15'000, 15) == 31'000);
  // No bytes become these: 15^3 > 256.
  CHECK_FALSE(from_digits(std::vector<std::uint8_t>{14, 14, 14}, 1, 15));
  CHECK_FALSE(from_digits(std::vector<std::uint8_t>{1, 2}, 1, 2));
  CHECK_FALSE(from_digits(std::vector<std::uint8_t>(10), std::size_t{1} << 60, 15));
}
