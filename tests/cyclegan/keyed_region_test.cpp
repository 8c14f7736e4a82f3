#include "cyclegan/keyed/region_codec.h"

#include <doctest/doctest.h>

#include <cmath>

#include "io/webp_codec.h"
#include "tests/cyclegan/keyed_pictures.h"
#include "tests/io/test_image.h"

using namespace bauta;
using namespace bauta::test;

namespace {

Image hidden(const Image& region, int block, int k, bool exact, const SecretKey& key) {
  const Lattice lattice(k);
  RegionBody body = CompandedBody();
  if (exact) body = ExactBody{encode_webp_lossless(region)};
  return hide_region(region, block_cells(region, block, lattice), block, lattice, body, key).pixels;
}

// What tells whether two digits have to do with each other: 2 N ln 2 times the mutual information's estimate.
// Of independent ones it is chi-squared with so many degrees of freedom; `highest` is 6 standard deviations
// and a little above its mean.
struct Dependence {
  double statistic = 0, highest = 0;
};

Dependence dependence(const std::vector<int>& a, int a_values, const std::vector<int>& b, int b_values) {
  std::vector<double> both(static_cast<std::size_t>(a_values * b_values)),
      of_a(static_cast<std::size_t>(a_values)), of_b(static_cast<std::size_t>(b_values));
  for (std::size_t i = 0; i < a.size(); ++i) {
    ++both[static_cast<std::size_t>(a[i] * b_values + b[i])];
    ++of_a[static_cast<std::size_t>(a[i])];
    ++of_b[static_cast<std::size_t>(b[i])];
  }
  double sum = 0;
  for (std::size_t i = 0; i < of_a.size(); ++i)
    for (std::size_t j = 0; j < of_b.size(); ++j) {
      const double seen = both[i * of_b.size() + j];
      if (seen > 0) sum += 2 * seen * std::log(seen * static_cast<double>(a.size()) / (of_a[i] * of_b[j]));
    }
  const double freedom = (a_values - 1) * (b_values - 1);
  return {sum, freedom + 6 * std::sqrt(2 * freedom) + 12};
}

std::vector<int> residuals(const Image& region, int channel, int k) {
  std::vector<int> values;
  for (std::size_t i = static_cast<std::size_t>(channel); i < region.pixels.size(); i += 3)
    values.push_back(region.pixels[i] % (2 * k + 1));
  return values;
}

std::vector<int> coarse(const Image& region, int channel) {
  std::vector<int> values;
  for (std::size_t i = static_cast<std::size_t>(channel); i < region.pixels.size(); i += 3)
    values.push_back(region.pixels[i] / 32);
  return values;
}

}  // namespace

TEST_CASE("a region comes back bit for bit, of any size, block and k that hold it") {
  const SecretKey key = test_key();
  for (const ImageSize size : {ImageSize{16, 20}, ImageSize{41, 33}, ImageSize{97, 64}}) {
    const Image region = smooth_picture(size.width, size.height);
    for (int k = 4; k <= kLargestResidual; k += 3) {
      for (const int block : {2, 7, 500}) {
        CAPTURE(k);
        CAPTURE(size.width);
        const Lattice lattice(k);
        if (!holds(size, encode_webp_lossless(region).size(), lattice)) continue;
        const OpenedRegion opened =
            open_region(hidden(region, block, k, true, key), 1, lattice, keys_from(key));
        CHECK(opened.state == RegionState::Intact);
        CHECK(opened.original == region);
      }
    }
  }
  CHECK(holds({41, 33}, encode_webp_lossless(smooth_picture(41, 33)).size(), Lattice(7)));
}

TEST_CASE("the companded code comes back nearly, the better the more levels it has") {
  const SecretKey key = test_key();
  const Image region = smooth_picture(90, 85);
  double last = 0;
  for (const int k : {1, 3, 7, 15, 31}) {
    const OpenedRegion opened =
        open_region(hidden(region, 12, k, false, key), 12, Lattice(k), keys_from(key));
    REQUIRE(opened.original.has_value());
    CHECK(opened.code == ResidualCode::Companded);
    const double quality = psnr(*opened.original, region);
    CHECK(quality > last + 2);
    last = quality;
  }
  CHECK(last > 40);
}

TEST_CASE("no room, no region") {
  const SecretKey key = test_key();
  const Image noise = test_image(40, 40);
  CHECK_THROWS_AS(hidden(noise, 8, 7, true, key), std::invalid_argument);
  CHECK_THROWS_AS(hidden(smooth_picture(6, 6), 2, 7, false, key), std::invalid_argument);
}

TEST_CASE("the residual is uniform, and tells nothing of the picture or of another hiding of it") {
  const SecretKey key = test_key();
  const Image region = smooth_picture(200, 180);
  const std::vector<int> nothing(200 * 180, 0);
  for (const bool exact : {true, false}) {
    for (const int k : {7, 15}) {
      const int values = 2 * k + 1;
      const Image first = hidden(region, 45, k, exact, key), second = hidden(region, 45, k, exact, key);
      CHECK(first != second);
      for (int c = 0; c < 3; ++c) {
        CAPTURE(k);
        CAPTURE(c);
        const std::vector<int> residual = residuals(first, c, k);
        std::vector<double> counts(static_cast<std::size_t>(values));
        for (const int r : residual) ++counts[static_cast<std::size_t>(r)];
        const double expected = static_cast<double>(residual.size()) / values;
        double chi_squared = 0;
        for (const double count : counts) chi_squared += (count - expected) * (count - expected) / expected;
        CHECK(chi_squared < values - 1 + 6 * std::sqrt(2.0 * (values - 1)) + 12);

        const Dependence original = dependence(residual, values, coarse(region, c), 8);
        CHECK(original.statistic < original.highest);
        const Dependence other = dependence(residual, values, residuals(second, c, k), values);
        CHECK(other.statistic < other.highest);
        const std::vector<int> shifted(residual.begin() + 1, residual.end());
        const Dependence neighbour =
            dependence({residual.begin(), residual.end() - 1}, values, shifted, values);
        CHECK(neighbour.statistic < neighbour.highest);

        // The meter is not blind: the region's own levels tell very much of it.
        const Dependence clear = dependence(residuals(region, c, k), values, coarse(region, c), 8);
        CHECK(clear.statistic > 5 * clear.highest);
      }
    }
  }
}

TEST_CASE("a changed region of the companded code tells what it can when it is forced to") {
  const SecretKey key = test_key();
  const Image region = smooth_picture(80, 70);
  const Lattice lattice(7);
  Image damaged = hidden(region, 20, 7, false, key);
  for (int y = 30; y < 40; ++y)
    for (int x = 30; x < 45; ++x) std::fill_n(damaged.at(x, y), 3, std::uint8_t{0});
  const OpenedRegion kept = open_region(damaged, 20, lattice, keys_from(key));
  CHECK(kept.state == RegionState::Changed);
  CHECK_FALSE(kept.original);
  const OpenedRegion forced = open_region(damaged, 20, lattice, keys_from(key), true);
  CHECK(forced.state == RegionState::Changed);
  REQUIRE(forced.original.has_value());
  const Box below{0, 45, 80, 25};
  CHECK(psnr(region_of(*forced.original, below), region_of(region, below)) > 33);
  Image exact = hidden(region, 20, 7, true, key);
  exact.pixels.back() ^= 1;
  const OpenedRegion refused = open_region(exact, 20, lattice, keys_from(key), true);
  CHECK(refused.state == RegionState::Changed);
  CHECK_FALSE(refused.original);
}
