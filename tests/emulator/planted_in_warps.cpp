// Planted bugs: what the lanes of a warp do together.
#include "tests/emulator/planted_bugs.h"

namespace planted {

namespace {

using bauta::BAUTA_BACKEND::Global;
using bauta::BAUTA_BACKEND::kAllLanes;
using bauta::BAUTA_BACKEND::SharedArray;
using emulator::DeviceArray;
using emulator::run_kernel;

// Kernels that only meet.
template <class Kernel>
std::string run_threads(const char* name, Kernel kernel, unsigned threads, bool fixed) {
  run_kernel(name, kernel, {1, threads}, fixed);
  return "";
}

__global__ void shuffle_in_branch_kernel(bool fixed) {
  if (fixed || threadIdx.x < 16) __shfl_xor_sync(kAllLanes, 1, 1);
}
std::string shuffle_in_branch(bool fixed) {
  return run_threads(__func__, shuffle_in_branch_kernel, 32, fixed);
}

__global__ void lane_not_in_own_mask_kernel(bool fixed) { __ballot_sync(fixed ? kAllLanes : 0x7fffffffu, 1); }
std::string lane_not_in_own_mask(bool fixed) {
  return run_threads(__func__, lane_not_in_own_mask_kernel, 32, fixed);
}

// The block's last warp is not whole.
__global__ void mask_of_missing_lanes_kernel(bool fixed) {
  __any_sync(fixed && threadIdx.x >= 32 ? 0xffffu : kAllLanes, 1);
}
std::string mask_of_missing_lanes(bool fixed) {
  return run_threads(__func__, mask_of_missing_lanes_kernel, 48, fixed);
}

__global__ void mask_of_returned_lane_kernel(bool fixed) {
  if (threadIdx.x == 31) return;
  __syncwarp(fixed ? 0x7fffffffu : kAllLanes);
}
std::string mask_of_returned_lane(bool fixed) {
  return run_threads(__func__, mask_of_returned_lane_kernel, 32, fixed);
}

__global__ void masks_disagree_kernel(bool fixed) {
  __all_sync(!fixed && threadIdx.x == 5 ? 0xffffu : kAllLanes, 1);
}
std::string masks_disagree(bool fixed) { return run_threads(__func__, masks_disagree_kernel, 32, fixed); }

__global__ void lane_outside_mask_kernel(bool fixed) {
  if (threadIdx.x < 16) __shfl_xor_sync(0xffffu, 1, fixed ? 8 : 16);
}
std::string lane_outside_mask(bool fixed) {
  return run_threads(__func__, lane_outside_mask_kernel, 32, fixed);
}

__global__ void different_operations_kernel(bool fixed) {
  if (fixed || threadIdx.x < 16)
    __syncwarp();
  else
    __ballot_sync(kAllLanes, 1);
}
std::string different_operations(bool fixed) {
  return run_threads(__func__, different_operations_kernel, 32, fixed);
}

__global__ void barrier_meets_shuffle_kernel(bool fixed) {
  if (!fixed && threadIdx.x < 16)
    __syncthreads();
  else
    __shfl_xor_sync(kAllLanes, 1, 1);
}
std::string barrier_meets_shuffle(bool fixed) {
  return run_threads(__func__, barrier_meets_shuffle_kernel, 64, fixed);
}

// Each half of a warp waits for the other, in its own way, while the other warp is done with both.
__global__ void deadlock_kernel(bool fixed) {
  const bool first = threadIdx.x % 32 < 16 || threadIdx.x >= 32;
  if (first || fixed) __syncthreads();
  __syncwarp();
  if (!first && !fixed) __syncthreads();
}
std::string deadlock(bool fixed) { return run_threads(__func__, deadlock_kernel, 64, fixed); }

// Lanes of a warp do not run in step.
__global__ void race_in_warp_kernel(Global<int> out, bool fixed) {
  __shared__ SharedArray<int, 32> shared;
  const int lane = static_cast<int>(threadIdx.x);
  shared[lane] = lane;
  if (fixed) __syncwarp();
  out.write(lane, shared[lane ^ 1]);
}

std::string race_in_warp(bool fixed) {
  const DeviceArray<int> out(32);
  run_kernel(__func__, race_in_warp_kernel, {1, 32}, out.data(), fixed);
  return "";
}

// A shuffle makes lanes meet, but not see each other's writes.
__global__ void shuffle_for_barrier_kernel(Global<int> out, bool fixed) {
  __shared__ SharedArray<int, 32> shared;
  const int lane = static_cast<int>(threadIdx.x);
  shared[lane] = lane;
  const int other = __shfl_xor_sync(kAllLanes, lane, 1);
  if (fixed) __syncwarp();
  out.write(lane, shared[other]);
}

std::string shuffle_for_barrier(bool fixed) {
  const DeviceArray<int> out(32);
  run_kernel(__func__, shuffle_for_barrier_kernel, {1, 32}, out.data(), fixed);
  return "";
}

// The second meeting orders only what comes before it.
__global__ void race_after_sync_warp_kernel(Global<int> out, bool fixed) {
  __shared__ SharedArray<int, 32> shared;
  const int lane = static_cast<int>(threadIdx.x);
  shared[lane] = lane;
  __syncwarp();
  const int other = shared[lane ^ 1];
  if (fixed) __syncwarp();
  shared[lane] = 100;
  __syncwarp();
  out.write(lane, other);
}

std::string race_after_sync_warp(bool fixed) {
  const DeviceArray<int> out(32);
  run_kernel(__func__, race_after_sync_warp_kernel, {1, 32}, out.data(), fixed);
  return "";
}

// Two warps, each in step, but not with each other.
__global__ void sync_warp_for_barrier_kernel(Global<int> out, bool fixed) {
  __shared__ SharedArray<int, 64> shared;
  const int thread = static_cast<int>(threadIdx.x);
  shared[thread] = thread;
  if (fixed)
    __syncthreads();
  else
    __syncwarp();
  out.write(thread, shared[thread ^ 32]);
}

std::string sync_warp_for_barrier(bool fixed) {
  const DeviceArray<int> out(64);
  run_kernel(__func__, sync_warp_for_barrier_kernel, {1, 64}, out.data(), fixed);
  return "";
}

}  // namespace

std::vector<Bug> bugs_in_warps() {
  return {
      {"shuffle_in_branch", FoundBy::Emulator, "a lane that has returned", shuffle_in_branch},
      {"lane_not_in_own_mask", FoundBy::Emulator, "not in its own mask", lane_not_in_own_mask},
      {"mask_of_missing_lanes", FoundBy::Emulator, "a lane that does not exist", mask_of_missing_lanes},
      {"mask_of_returned_lane", FoundBy::Emulator, "a lane that has returned", mask_of_returned_lane},
      {"masks_disagree", FoundBy::Emulator, "disagree about the mask", masks_disagree},
      {"lane_outside_mask", FoundBy::Emulator, "outside its mask", lane_outside_mask},
      {"different_operations", FoundBy::Emulator, "different warp operations", different_operations},
      {"barrier_meets_shuffle", FoundBy::Emulator, "lanes that wait at a barrier", barrier_meets_shuffle},
      {"deadlock", FoundBy::Emulator, "lanes that wait at a barrier", deadlock},
      {"race_in_warp", FoundBy::Tsan, "data race", race_in_warp},
      {"shuffle_for_barrier", FoundBy::Tsan, "data race", shuffle_for_barrier},
      {"race_after_sync_warp", FoundBy::Tsan, "data race", race_after_sync_warp},
      {"sync_warp_for_barrier", FoundBy::Tsan, "data race", sync_warp_for_barrier},
  };
}

}  // namespace planted
