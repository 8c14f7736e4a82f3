// The companded code: how a level differs from its cell's centre, in 2k + 1 steps, fine ones for the small
// differences that most pixels have and coarse ones for edges.
#pragma once

namespace bauta {

// d = level - centre, in levels. r = round(k asinh(d / s) / asinh(160 / s)), at most k either way, with s =
// kCompandingLevels.
int compand(int difference, int k);

// d back: s sinh(r asinh(160 / s) / k), rounded.
int expand(int code, int k);

// Where the curve turns from linear to logarithmic. Measured for the usual 4 blocks across a face; cyclegan's
// README has the table.
inline constexpr double kCompandingLevels = 20;
inline constexpr double kLargestDifference = 160;

}  // namespace bauta
