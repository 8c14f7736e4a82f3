// Random numbers by counter: Philox4x32-10 (Salmon et al., SC 2011). Element i of a stream depends on
// (seed, stream, i) alone, so that every backend and every thread count draws the same numbers.
#pragma once

#include <array>
#include <cstdint>

#include "kernels/launcher.h"

namespace bauta {

// The bijection itself: 128-bit counter, 64-bit key.
constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                              std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
    const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(b),
               static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// Which numbers: a run has one seed; each use of randomness in it has a stream of its own.
struct RandomStream {
  std::uint64_t seed = 0;
  std::uint64_t stream = 0;

  // Block i of the stream: four words.
  constexpr std::array<std::uint32_t, 4> block(std::uint64_t i) const {
    return philox({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(i >> 32),
                   static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)},
                  {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)});
  }
  // A whole number in [0, bound), bound >= 1, without bias that could be measured (64 bits scaled).
  constexpr std::uint64_t below(std::uint64_t bound, std::uint64_t i) const {
    const auto words = block(i);
    const std::uint64_t bits = (std::uint64_t{words[1]} << 32) | words[0];
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(bits) * bound) >> 64);
  }
  // In [0, 1), 53 bits.
  constexpr double uniform(std::uint64_t i) const {
    const auto words = block(i);
    return static_cast<double>(((std::uint64_t{words[1]} << 32) | words[0]) >> 11) * 0x1p-53;
  }
};

namespace BAUTA_BACKEND {

// The stream is one RandomStream in the backend's memory: a step that was captured as a CUDA graph draws from
// the one that is there when it is replayed. CheckError where it is null.

// Elements 4i..4i+3 by Box-Muller from block i.
void random_normal(View y, const RandomStream* stream, float mean, float deviation, const Context& ctx);

// Element i is stream->uniform(i) rounded to float, the same bits on every backend; so it may be 1.
void random_uniform(View y, const RandomStream* stream, const Context& ctx);

}  // namespace BAUTA_BACKEND
}  // namespace bauta
