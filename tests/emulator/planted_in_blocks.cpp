// Planted bugs: barriers, races on shared memory, launches that a card refuses.
#include "tests/emulator/planted_bugs.h"

namespace planted {

namespace {

using bauta::BAUTA_BACKEND::dynamic_shared;
using bauta::BAUTA_BACKEND::Global;
using bauta::BAUTA_BACKEND::SharedArray;
using emulator::DeviceArray;
using emulator::run_kernel;

constexpr int kThreads = 64;

std::vector<int> numbers(int (*number)(int)) {
  std::vector<int> result(kThreads);
  for (int i = 0; i < kThreads; ++i) result[static_cast<std::size_t>(i)] = number(i);
  return result;
}

// ---- Races on shared memory

__global__ void barrier_removed_kernel(Global<int> out, bool fixed) {
  __shared__ SharedArray<int, kThreads> shared;
  const int thread = static_cast<int>(threadIdx.x);
  shared[thread] = thread;
  if (fixed) __syncthreads();
  out.write(thread, shared[kThreads - 1 - thread]);
}

std::string barrier_removed(bool fixed) {
  const DeviceArray<int> out(kThreads);
  run_kernel(__func__, barrier_removed_kernel, {1, kThreads}, out.data(), fixed);
  return compare(out.values(), numbers([](int i) { return kThreads - 1 - i; }));
}

// The barrier after a use of shared memory, before it is written anew.
__global__ void second_barrier_removed_kernel(Global<int> out, bool fixed) {
  __shared__ SharedArray<int, kThreads> shared;
  const int thread = static_cast<int>(threadIdx.x);
  int sum = 0;
  for (int time = 0; time < 3; ++time) {
    shared[thread] = thread + time;
    __syncthreads();
    sum += shared[kThreads - 1 - thread];
    if (fixed) __syncthreads();
  }
  out.write(thread, sum);
}

std::string second_barrier_removed(bool fixed) {
  const DeviceArray<int> out(kThreads);
  run_kernel(__func__, second_barrier_removed_kernel, {1, kThreads}, out.data(), fixed);
  return compare(out.values(), numbers([](int i) { return 3 * (kThreads - i); }));
}

// Right in one order of threads, so that only ThreadSanitizer sees it there.
__global__ void two_writers_kernel(Global<int> out, bool fixed) {
  __shared__ SharedArray<int, 1> shared;
  if (threadIdx.x == 0) shared[0] = 1;
  if (fixed) __syncthreads();
  if (threadIdx.x == 33) shared[0] = 1;
  __syncthreads();
  out.write(threadIdx.x, shared[0]);
}

std::string two_writers(bool fixed) {
  const DeviceArray<int> out(kThreads);
  run_kernel(__func__, two_writers_kernel, {1, kThreads}, out.data(), fixed);
  return compare(out.values(), numbers([](int) { return 1; }));
}

__global__ void plain_shared_variable_kernel(Global<int> out, bool fixed) {
  __shared__ int shared;
  if (threadIdx.x == 0) shared = 5;
  if (fixed) __syncthreads();
  out.write(threadIdx.x, shared);
}

std::string plain_shared_variable(bool fixed) {
  const DeviceArray<int> out(kThreads);
  run_kernel(__func__, plain_shared_variable_kernel, {1, kThreads}, out.data(), fixed);
  return "";
}

// What a block leaves must not be seen as racing with the next block: fixed, nothing is reported.
__global__ void dynamic_race_kernel(Global<int> out, bool fixed) {
  int* shared = dynamic_shared<int>();
  const int thread = static_cast<int>(threadIdx.x);
  shared[thread] = thread;
  if (fixed) __syncthreads();
  if (blockIdx.x == 0) out.write(thread, shared[(thread + 1) % kThreads]);
}

std::string dynamic_race(bool fixed) {
  const DeviceArray<int> out(kThreads);
  run_kernel(__func__, dynamic_race_kernel, {3, kThreads, kThreads * sizeof(int)}, out.data(), fixed);
  return compare(out.values(), numbers([](int i) { return (i + 1) % kThreads; }));
}

__global__ void race_on_global_kernel(Global<int> scratch, Global<int> out, bool fixed) {
  const int thread = static_cast<int>(threadIdx.x);
  scratch.write(thread, thread);
  if (fixed) __syncthreads();
  out.write(thread, scratch.read(kThreads - 1 - thread));
}

std::string race_on_global(bool fixed) {
  const DeviceArray<int> scratch(kThreads), out(kThreads);
  run_kernel(__func__, race_on_global_kernel, {1, kThreads}, scratch.data(), out.data(), fixed);
  return compare(out.values(), numbers([](int i) { return kThreads - 1 - i; }));
}

// ---- Barriers that not all reach

__global__ void barrier_in_branch_kernel(bool fixed) {
  if (fixed || threadIdx.x < 16) __syncthreads();
  __syncthreads();
}

std::string barrier_in_branch(bool fixed) {
  run_kernel(__func__, barrier_in_branch_kernel, {1, kThreads}, fixed);
  return "";
}

__global__ void last_barrier_in_branch_kernel(bool fixed) {
  __syncthreads();
  if (fixed || threadIdx.x >= 32) __syncthreads();
}

std::string last_barrier_in_branch(bool fixed) {
  run_kernel(__func__, last_barrier_in_branch_kernel, {1, kThreads}, fixed);
  return "";
}

__global__ void early_return_kernel(Global<int> out, int count, bool fixed) {
  __shared__ SharedArray<int, kThreads> shared;
  const int thread = static_cast<int>(threadIdx.x);
  if (!fixed && thread >= count) return;
  if (thread < count) shared[thread] = thread;
  __syncthreads();
  if (thread < count) out.write(thread, shared[count - 1 - thread]);
}

std::string early_return(bool fixed) {
  const DeviceArray<int> out(40);
  run_kernel(__func__, early_return_kernel, {1, kThreads}, out.data(), 40, fixed);
  return "";
}

__global__ void barriers_in_uneven_loop_kernel(bool fixed) {
  const unsigned times = fixed ? 3 : 2 + threadIdx.x % 2;
  for (unsigned i = 0; i < times; ++i) __syncthreads();
}

std::string barriers_in_uneven_loop(bool fixed) {
  run_kernel(__func__, barriers_in_uneven_loop_kernel, {1, kThreads}, fixed);
  return "";
}

// ---- Launches

__global__ void empty_kernel() {}

std::string too_many_threads(bool fixed) {
  run_kernel(__func__, empty_kernel, {1, fixed ? 1024u : 1025u});
  return "";
}

std::string block_z_too_large(bool fixed) {
  run_kernel(__func__, empty_kernel, {1, dim3(1, 1, fixed ? 64 : 65)});
  return "";
}

std::string grid_y_too_large(bool fixed) {
  run_kernel(__func__, empty_kernel, {dim3(1, fixed ? 65535 : 70000), 1});
  return "";
}

std::string block_without_threads(bool fixed) {
  run_kernel(__func__, empty_kernel, {1, dim3(32, fixed ? 1 : 0)});
  return "";
}

std::string too_much_dynamic_shared(bool fixed) {
  run_kernel(__func__, empty_kernel, {1, 32, std::size_t{fixed ? 99u : 100u} << 10});
  return "";
}

template <int kFloats>
__global__ void static_shared_kernel() {
  __shared__ SharedArray<float, 1024> first;
  __shared__ SharedArray<float, kFloats> second;
  if (threadIdx.x == 0) first[0] = second[0] = 0;
}

std::string too_much_static_shared(bool fixed) {
  run_kernel(__func__, fixed ? static_shared_kernel<11 * 1024> : static_shared_kernel<11 * 1024 + 1>,
             {1, 32});
  return "";
}

std::string too_much_shared_together(bool fixed) {
  run_kernel(__func__, static_shared_kernel<1024>, {1, 32, std::size_t{fixed ? 91u : 92u} << 10});
  return "";
}

}  // namespace

std::vector<Bug> bugs_in_blocks() {
  return {
      {"barrier_removed", FoundBy::Order, "wrong result", barrier_removed},
      {"second_barrier_removed", FoundBy::Order, "wrong result", second_barrier_removed},
      {"two_writers", FoundBy::Tsan, "data race", two_writers},
      {"plain_shared_variable", FoundBy::Tsan, "data race", plain_shared_variable},
      {"dynamic_race", FoundBy::Order, "wrong result", dynamic_race},
      {"race_on_global", FoundBy::Order, "wrong result", race_on_global},
      {"barrier_in_branch", FoundBy::Emulator, "wait at different barriers", barrier_in_branch},
      {"last_barrier_in_branch", FoundBy::Emulator, "returned before a barrier", last_barrier_in_branch},
      {"early_return", FoundBy::Emulator, "returned before a barrier", early_return},
      {"barriers_in_uneven_loop", FoundBy::Emulator, "returned before a barrier", barriers_in_uneven_loop},
      {"too_many_threads", FoundBy::Emulator, "threads in a block is 1025", too_many_threads},
      {"block_z_too_large", FoundBy::Emulator, "the block's z is 65", block_z_too_large},
      {"grid_y_too_large", FoundBy::Emulator, "the grid's y is 70000", grid_y_too_large},
      {"block_without_threads", FoundBy::Emulator, "threads in a block is 0", block_without_threads},
      {"too_much_dynamic_shared", FoundBy::Emulator, "shared memory in bytes is 102400",
       too_much_dynamic_shared},
      {"too_much_static_shared", FoundBy::Emulator, "more than 48 KiB", too_much_static_shared},
      {"too_much_shared_together", FoundBy::Emulator, "more than 99 KiB", too_much_shared_together},
  };
}

}  // namespace planted
