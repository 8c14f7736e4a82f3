// What the emulator lets kernels do. What it forbids: planted_bugs.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "tests/emulator/device_array.h"

using bauta::bfloat16;
using bauta::to_float;
using bauta::BAUTA_BACKEND::aligned;
using bauta::BAUTA_BACKEND::dynamic_shared;
using bauta::BAUTA_BACKEND::Floats;
using bauta::BAUTA_BACKEND::Global;
using bauta::BAUTA_BACKEND::Index;
using bauta::BAUTA_BACKEND::kAllLanes;
using bauta::BAUTA_BACKEND::SharedArray;
using emulator::DeviceArray;
using emulator::Order;
using emulator::run_kernel;

namespace {

std::vector<int> counting(int count) {
  std::vector<int> result(static_cast<std::size_t>(count));
  std::iota(result.begin(), result.end(), 0);
  return result;
}

// ---- Warps

struct Pair {
  float a, b;
};

__global__ void shuffles_kernel(Global<int> out) {
  const int lane = static_cast<int>(threadIdx.x) % 32, thread = static_cast<int>(threadIdx.x);
  int i = 0;
  const auto put = [&](int value) { out.write(i++ * static_cast<int>(blockDim.x) + thread, value); };
  put(__shfl_xor_sync(kAllLanes, lane, 5));
  put(__shfl_down_sync(kAllLanes, lane, 3));
  put(__shfl_up_sync(kAllLanes, lane, 3));
  put(__shfl_sync(kAllLanes, lane, 7));
  put(__shfl_sync(kAllLanes, lane, 3, 8));
  put(__shfl_down_sync(kAllLanes, lane, 3, 8));
  put(__shfl_up_sync(kAllLanes, lane, 3, 8));
  put(__shfl_xor_sync(kAllLanes, lane, 9, 8));
  put(static_cast<int>(__shfl_xor_sync(kAllLanes, 1.5 * lane, 1) * 2));
  const Pair pair = __shfl_xor_sync(kAllLanes, Pair{static_cast<float>(lane), -1}, 2);
  put(static_cast<int>(pair.a) + static_cast<int>(pair.b));
  // Two halves that do not wait for each other.
  put(lane < 16 ? __shfl_xor_sync(0x0000ffffu, lane, 1) : __shfl_xor_sync(0xffff0000u, lane, 2));
}

TEST_CASE("shuffles read the lane that CUDA says") {
  constexpr int kThreads = 64, kResults = 11;
  const DeviceArray<int> out(std::vector<int>(kThreads * kResults));
  run_kernel("shuffles", shuffles_kernel, {1, kThreads}, out.data());
  const std::vector<int> values = out.values();
  for (int thread = 0; thread < kThreads; ++thread) {
    CAPTURE(thread);
    const int lane = thread % 32, first = lane / 8 * 8;
    const std::vector<int> expected = {
        lane ^ 5,
        lane + 3 < 32 ? lane + 3 : lane,
        lane >= 3 ? lane - 3 : lane,
        7,
        first + 3,
        lane % 8 < 5 ? lane + 3 : lane,
        lane % 8 >= 3 ? lane - 3 : lane,
        (lane ^ 9) <= (lane | 7) ? lane ^ 9 : lane,
        3 * (lane ^ 1),
        (lane ^ 2) - 1,
        lane < 16 ? lane ^ 1 : lane ^ 2,
    };
    for (int i = 0; i < kResults; ++i) {
      CAPTURE(i);
      CHECK(values[static_cast<std::size_t>(i * kThreads + thread)] == expected[static_cast<std::size_t>(i)]);
    }
  }
}

__global__ void votes_kernel(Global<unsigned> out) {
  const int thread = static_cast<int>(threadIdx.x);
  const unsigned ballot = __ballot_sync(kAllLanes, thread % 3 == 0);
  const int any = __any_sync(kAllLanes, thread == 40), all = __all_sync(kAllLanes, thread < 32);
  const int count = __syncthreads_count(thread % 5 == 0);
  const int some = __syncthreads_or(thread == 7), every = __syncthreads_and(thread != 7);
  out.write(thread, ballot);
  out.write(64 + thread, static_cast<unsigned>(any + 2 * all + 4 * some + 8 * every + 16 * count));
}

TEST_CASE("votes of warps and blocks") {
  const DeviceArray<unsigned> out(std::vector<unsigned>(128));
  run_kernel("votes", votes_kernel, {1, 64}, out.data());
  const std::vector<unsigned> values = out.values();
  CHECK(values[0] == 0x49249249u);   // lanes 0, 3, 6, ...
  CHECK(values[40] == 0x92492492u);  // lane 1 is thread 33
  CHECK(values[64 + 3] == 2 + 4 + 16 * 13);
  CHECK(values[64 + 40] == 1 + 4 + 16 * 13);
}

// A tensor-core instruction's twin: C += A B, each lane holding a part of each. mma.sync.m16n8k16, bf16.
struct Tile {
  unsigned a[4], b[2];
  float c[4];
};

void multiply_tiles(void* const lanes[32]) {
  const auto half = [](unsigned bits, int i) {
    return to_float(bfloat16{static_cast<std::uint16_t>(i == 0 ? bits : bits >> 16)});
  };
  const auto tile = [&](int lane) { return static_cast<Tile*>(lanes[lane]); };
  for (int lane = 0; lane < 32; ++lane)
    for (int i = 0; i < 4; ++i)
      for (int k = 0; k < 16; ++k) {
        const int row = lane / 4, column = lane % 4 * 2 + i % 2, owner = k % 8 / 2;
        tile(lane)->c[i] += half(tile(row * 4 + owner)->a[k / 8 * 2 + i / 2], k % 2) *
                            half(tile(column * 4 + owner)->b[k / 8], k % 2);
      }
}

__global__ void tiles_kernel(Global<float> out) {
  const int lane = static_cast<int>(threadIdx.x), row = lane / 4, k = lane % 4 * 2;
  // A[i][k] = i + k, B[k][j] = k - j: whole numbers that bfloat16 holds.
  const auto pair = [](int a, int b) {
    return static_cast<unsigned>(bauta::from_float<bfloat16>(static_cast<float>(a)).bits) |
           static_cast<unsigned>(bauta::from_float<bfloat16>(static_cast<float>(b)).bits) << 16;
  };
  Tile tile = {};
  for (int i = 0; i < 4; ++i) {
    const int r = row + i % 2 * 8, c = k + i / 2 * 8;
    tile.a[i] = pair(r + c, r + c + 1);
  }
  for (int i = 0; i < 2; ++i) tile.b[i] = pair(k + 8 * i - row, k + 8 * i + 1 - row);
  emulator::warp_collective(kAllLanes, &tile, multiply_tiles);
  for (int i = 0; i < 4; ++i) out.write((row + i / 2 * 8) * 8 + k + i % 2, tile.c[i]);
}

TEST_CASE("a warp multiplies matrices as one") {
  const DeviceArray<float> out(128);
  run_kernel("tiles", tiles_kernel, {1, 32}, out.data());
  const std::vector<float> values = out.values();
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 8; ++j) {
      int expected = 0;
      for (int k = 0; k < 16; ++k) expected += (i + k) * (k - j);
      CHECK(values[static_cast<std::size_t>(i * 8 + j)] == expected);
    }
}

// ---- Memory

__global__ void atomics_kernel(Global<unsigned> sum, int* extremes) {
  __shared__ SharedArray<unsigned, 1> votes;
  if (threadIdx.x == 0) votes[0] = 0;
  __syncthreads();
  atomicAdd(&votes[0], threadIdx.x % 2);
  __syncthreads();
  if (threadIdx.x == 0) sum.atomic_add(0, votes[0]);
  const int signed_thread = static_cast<int>(threadIdx.x) - 50;
  atomicMax(extremes, signed_thread);
  atomicMin(extremes + 1, signed_thread);
  atomicCAS(extremes + 2, 0, 17);
}

TEST_CASE("atomics") {
  const DeviceArray<unsigned> sum(std::vector<unsigned>{0});
  const DeviceArray<int> extremes(std::vector<int>{-99, 99, 0});
  run_kernel("atomics", atomics_kernel, {5, 96}, sum.data(), extremes.data());
  CHECK(sum.values()[0] == 5 * 48);
  CHECK(extremes.values() == std::vector<int>{45, -50, 17});
}

__global__ void reverse_kernel(Global<int> out) {
  int* shared = dynamic_shared<int>();
  const int thread = static_cast<int>(threadIdx.x), last = static_cast<int>(blockDim.x) - 1;
  shared[thread] = thread;
  __syncthreads();
  if (blockIdx.x == 0) out.write(thread, shared[last - thread]);
}

TEST_CASE("dynamic shared memory, up to 99 KiB") {
  const DeviceArray<int> out(256);
  for (const std::size_t bytes : {std::size_t{1024}, std::size_t{101376}}) {
    run_kernel("reverse", reverse_kernel, {2, 256, bytes}, out.data());
    std::vector<int> values = out.values();
    std::reverse(values.begin(), values.end());
    CHECK(values == counting(256));
  }
}

__global__ void leftovers_kernel(Global<int> out) {
  __shared__ SharedArray<float, 4> kept;
  const float* dynamic = dynamic_shared<float>();
  const Index block = blockIdx.x;
  out.write(block, std::isnan(kept[block % 4]) && std::isnan(dynamic[block % 4]));
  for (int i = 0; i < 4; ++i) kept[i] = dynamic_shared<float>()[i] = 1;
}

TEST_CASE("shared memory holds NaNs when a block begins, and so does fresh global memory") {
  const DeviceArray<int> out(6);
  run_kernel("leftovers", leftovers_kernel, {6, 1, 16}, out.data());
  CHECK(out.values() == std::vector<int>(6, 1));
  for (const float value : DeviceArray<float>(33).values()) CHECK(std::isnan(value));
}

__global__ void copy_kernel(Global<const float> x, Global<float> y, Index count, int stride) {
  const Index i = Index{blockIdx.x} * blockDim.x + threadIdx.x;
  if (i < count) y.write(i * stride, x.read(i * stride));
}

__global__ void copy_packed_kernel(Global<const bfloat16> x, Global<float> y) {
  const Index i = Index{threadIdx.x} * 4;
  y.store<4>(i, x.load<4>(i));
}

__global__ void read_twice_kernel(Global<const float> x) {
  for (int time = 0; time < 2; ++time) x.read(threadIdx.x);
}

TEST_CASE("the bytes that a launch moves are counted in sectors of 32") {
  const emulator::ScopedOptions restored;
  emulator::options.count_bytes = true;
  constexpr int kCount = 1024;
  const DeviceArray<float> x(kCount * 8), y(kCount * 8);
  const DeviceArray<bfloat16> z(kCount);
  emulator::reset_traffic();
  run_kernel("dense", copy_kernel, {8, 128}, x.data(), y.data(), kCount, 1);
  run_kernel("strided", copy_kernel, {8, 128}, x.data(), y.data(), kCount, 8);
  run_kernel("shifted", copy_kernel, {1, 32}, x.data() + 4, y.data() + 4, 32, 1);
  run_kernel("packed", copy_packed_kernel, {1, 256}, z.data(), y.data());
  run_kernel("twice", read_twice_kernel, {2, 32}, x.data());
  const std::vector<emulator::LaunchTraffic> traffic = emulator::traffic();
  REQUIRE(traffic.size() == 5);
  CHECK(traffic[0].launcher == "dense");
  CHECK(traffic[0].grid.x == 8);
  CHECK(traffic[0].block.x == 128);
  CHECK(traffic[0].loaded_bytes == kCount * 4);
  CHECK(traffic[0].stored_bytes == kCount * 4);
  CHECK(traffic[1].loaded_bytes == kCount * 32);
  CHECK(traffic[1].stored_bytes == kCount * 32);
  CHECK(traffic[2].loaded_bytes == 5 * 32);
  CHECK(traffic[3].loaded_bytes == kCount * 2);
  CHECK(traffic[3].stored_bytes == kCount * 4);
  CHECK(traffic[4].loaded_bytes == 2 * 2 * 128);
  CHECK(traffic[4].stored_bytes == 0);
  emulator::reset_traffic();
  CHECK(emulator::traffic().empty());
}

TEST_CASE("the runtime refuses what is not the device's") {
  float host[4] = {1, 2, 3, 4};
  const DeviceArray<float> device(4);
  float* data = device.data();
  CHECK(cudaMemcpy(data, host, 16, cudaMemcpyHostToDevice) == cudaSuccess);
  CHECK(cudaMemcpy(host, data, 16, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(cudaGetLastError() == cudaErrorInvalidValue);
  CHECK(cudaGetLastError() == cudaSuccess);
  CHECK(cudaMemcpy(data + 1, host, 16, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemset(host, 0, 16) == cudaErrorInvalidValue);
  CHECK(cudaFree(host) == cudaErrorInvalidValue);
  CHECK(cudaFree(nullptr) == cudaSuccess);
  CHECK(aligned(256, data));

  const emulator::ScopedOptions restored;
  std::size_t free = 0, total = 0;
  cudaMemGetInfo(&free, &total);
  CHECK(total == emulator::options.device_bytes);
  emulator::options.device_bytes = total - free + 100;
  float* more = nullptr;
  CHECK(cudaMalloc(&more, 101) == cudaErrorMemoryAllocation);
  CHECK(std::string(cudaGetErrorString(cudaErrorMemoryAllocation)) == "out of memory");
  REQUIRE(cudaMalloc(&more, 100) == cudaSuccess);
  CHECK(cudaFree(more) == cudaSuccess);
  cudaGetLastError();
}

TEST_CASE("numbers are converted as on the card") {
  CHECK(__float2int_rn(2.5f) == 2);
  CHECK(__float2int_rn(-3.5f) == -4);
  CHECK(__float2int_rn(3e9f) == 2147483647);
  CHECK(__float2int_rn(NAN) == 0);
  CHECK(__float2int_rz(-1.9f) == -1);
  CHECK(__float2uint_rn(-1.0f) == 0);
  CHECK(__umulhi(0xffffffffu, 0x10000u) == 0xffffu);
  CHECK(__ffs(0) == 0);
  CHECK(__ffs(0x50) == 5);
  CHECK(__clz(1) == 31);
  CHECK(rsqrtf(4.0f) == 0.5f);
  CHECK(__saturatef(NAN) == 0.0f);
  CHECK(__uint_as_float(__float_as_uint(1.25f)) == 1.25f);
}

}  // namespace
