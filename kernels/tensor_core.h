// The matrix instruction of the card's tensor cores, as every card since sm_80 has it. Included by *.cu only.
#pragma once

#include <bit>

#include "kernels/gpu.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Two bfloat16 in a word, the first in its lower half.
using Pair = Vec<bfloat16, 2>;

// A warp's 16x16 matrix A, 16x8 matrix B and 16x8 matrix C. Lane 4 g + t holds, of
//   A  rows g, g+8, g, g+8: columns (2t, 2t+1), the same, (2t+8, 2t+9), the same
//   B  column g: rows (2t, 2t+1), (2t+8, 2t+9)
//   C  row g: columns 2t, 2t+1; row g+8: the same
struct MatrixA {
  unsigned pair[4];
};
struct MatrixB {
  unsigned pair[2];
};
struct MatrixC {
  float v[4];
};

#ifndef __CUDACC__
// What the instruction does, for the emulator: once a warp, with every lane's part.
struct MatrixProduct {
  MatrixA a;
  MatrixB b;
  MatrixC c;
};
inline void multiply_for_warp(void* const lanes[kWarp]) {
  const auto of = [&](int lane) { return static_cast<MatrixProduct*>(lanes[lane]); };
  const auto number = [](unsigned pair, int i) {
    return std::bit_cast<float>(i == 0 ? pair << 16 : pair & 0xffff0000u);
  };
  float a[16][16], b[8][16];
  for (int lane = 0; lane < kWarp; ++lane)
    for (int i = 0; i < 4; ++i)
      for (int k = 0; k < 2; ++k) {
        const int g = lane / 4, column = lane % 4 * 2 + k;
        a[g + i % 2 * 8][column + i / 2 * 8] = number(of(lane)->a.pair[i], k);
        if (i < 2) b[g][column + i * 8] = number(of(lane)->b.pair[i], k);
      }
  for (int lane = 0; lane < kWarp; ++lane)
    for (int i = 0; i < 4; ++i) {
      float sum = of(lane)->c.v[i];
      for (int k = 0; k < 16; ++k) sum += a[lane / 4 + i / 2 * 8][k] * b[lane % 4 * 2 + i % 2][k];
      of(lane)->c.v[i] = sum;
    }
}
#endif

// C += A B, by all lanes of a warp together.
__device__ inline void multiply_add(MatrixC& c, const MatrixA& a, const MatrixB& b BAUTA_SITE) {
#ifdef __CUDACC__
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(c.v[0]), "+f"(c.v[1]), "+f"(c.v[2]), "+f"(c.v[3])
      : "r"(a.pair[0]), "r"(a.pair[1]), "r"(a.pair[2]), "r"(a.pair[3]), "r"(b.pair[0]), "r"(b.pair[1]));
#else
  MatrixProduct mine{a, b, c};
  emulator::warp_collective(kAllLanes, &mine, multiply_for_warp, site);
  c = mine.c;
#endif
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
