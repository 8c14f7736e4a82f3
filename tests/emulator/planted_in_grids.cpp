// Planted bugs: blocks of one launch that meet in global memory.
#include "tests/emulator/planted_bugs.h"

namespace planted {

namespace {

using bauta::BAUTA_BACKEND::Global;
using bauta::BAUTA_BACKEND::Index;
using emulator::DeviceArray;
using emulator::run_kernel;

constexpr unsigned kBlocks = 6, kThreads = 32;

// A thread too many per block.
__global__ void two_blocks_write_kernel(Global<int> out, bool fixed) {
  const unsigned i = blockIdx.x * (blockDim.x - (fixed ? 0 : 1)) + threadIdx.x;
  out.write(i, 1);
}

std::string two_blocks_write(bool fixed) {
  const DeviceArray<int> out(kBlocks * kThreads);
  run_kernel(__func__, two_blocks_write_kernel, {kBlocks, kThreads}, out.data(), fixed);
  return "";
}

// Reads a neighbour that another block replaces.
__global__ void in_place_kernel(Global<const int> x, Global<int> y) {
  const Index i = Index{blockIdx.x} * blockDim.x + threadIdx.x;
  const int next = i + 1 < Index{gridDim.x} * blockDim.x ? x.read(i + 1) : 0;
  __syncthreads();
  y.write(i, next);
}

std::string in_place(bool fixed) {
  const DeviceArray<int> x(std::vector<int>(kBlocks * kThreads, 1)), y(kBlocks * kThreads);
  run_kernel(__func__, in_place_kernel, {kBlocks, kThreads}, x.data(), fixed ? y.data() : x.data());
  return "";
}

// The last block to finish sums up what all have written.
enum class Mistake {
  None,
  NoFence,
  FenceTooLate,
  NoFenceAfter,
  NoAtomic,
  OtherCounter,
  NotTheLast,
  WrittenTooLate
};

__global__ void last_block_kernel(Global<int> pieces, Global<unsigned> counters, Global<int> sum,
                                  Mistake mistake) {
  const Index block = blockIdx.x;
  const bool first = mistake == Mistake::OtherCounter && block % 2 == 1;
  if (mistake != Mistake::WrittenTooLate) pieces.write(block, 1);
  if (mistake != Mistake::NoFence && mistake != Mistake::FenceTooLate) __threadfence();
  unsigned turn = 0;
  if (mistake == Mistake::NoAtomic)
    turn = static_cast<unsigned>(block);
  else
    turn = counters.atomic_add(first ? 1 : 0, 1);
  if (mistake == Mistake::FenceTooLate) __threadfence();
  if (mistake == Mistake::WrittenTooLate) pieces.write(block, 1);
  unsigned last = gridDim.x - 1;
  if (mistake == Mistake::OtherCounter) last = gridDim.x / 2 - 1;
  if (mistake == Mistake::NotTheLast) last -= 1;
  if (turn != last) return;
  if (mistake != Mistake::NoFenceAfter) __threadfence();
  int total = 0;
  for (Index i = 0; i < Index{gridDim.x}; ++i) total += pieces.read(i);
  sum.write(0, total);
}

template <Mistake kMistake>
std::string last_block(bool fixed) {
  const DeviceArray<int> pieces(std::vector<int>(kBlocks, 0)), sum(2);
  const DeviceArray<unsigned> counters(std::vector<unsigned>{0, 0});
  run_kernel(__func__, last_block_kernel, {kBlocks, 1}, pieces.data(), counters.data(), sum.data(),
             fixed ? Mistake::None : kMistake);
  return "";
}

// Adding floats is no such thing as Global's: plainly read, plainly written.
__global__ void lost_additions_kernel(Global<unsigned> sum, bool fixed) {
  if (fixed)
    sum.atomic_add(0, 1);
  else
    sum.write(0, sum.read(0) + 1);
}

std::string lost_additions(bool fixed) {
  const DeviceArray<unsigned> sum(std::vector<unsigned>{0});
  run_kernel(__func__, lost_additions_kernel, {kBlocks, 1}, sum.data(), fixed);
  return "";
}

// A copy in the wrong direction, whose error nobody looks at: the kernel reads what nobody wrote.
__global__ void copy_kernel(Global<const float> x, Global<float> y) {
  y.write(threadIdx.x, x.read(threadIdx.x));
}

std::string wrong_copy_direction(bool fixed) {
  const std::vector<float> host(kThreads, 1);
  const DeviceArray<float> x(kThreads), y(kThreads);
  cudaMemcpy(x.data(), host.data(), kThreads * sizeof(float),
             fixed ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToDevice);
  run_kernel(__func__, copy_kernel, {1, kThreads}, x.data(), y.data());
  return compare(y.values(), host);
}

}  // namespace

std::vector<Bug> bugs_in_grids() {
  const char* const meet = "two blocks access the same bytes";
  return {
      {"two_blocks_write", FoundBy::Emulator, meet, two_blocks_write},
      {"in_place", FoundBy::Emulator, meet, in_place},
      {"no_fence", FoundBy::Emulator, meet, last_block<Mistake::NoFence>},
      {"fence_too_late", FoundBy::Emulator, meet, last_block<Mistake::FenceTooLate>},
      {"no_fence_after", FoundBy::Emulator, meet, last_block<Mistake::NoFenceAfter>},
      {"no_atomic", FoundBy::Emulator, meet, last_block<Mistake::NoAtomic>},
      {"other_counter", FoundBy::Emulator, meet, last_block<Mistake::OtherCounter>},
      {"not_the_last", FoundBy::Emulator, meet, last_block<Mistake::NotTheLast>},
      {"written_too_late", FoundBy::Emulator, meet, last_block<Mistake::WrittenTooLate>},
      {"lost_additions", FoundBy::Emulator, meet, lost_additions},
      {"wrong_copy_direction", FoundBy::Emulator, "nan at 0", wrong_copy_direction},
  };
}

}  // namespace planted
