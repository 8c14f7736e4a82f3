// Planted bugs: out of bounds, misaligned, uninitialized, freed.
#include "tests/emulator/planted_bugs.h"

namespace planted {

namespace {

using bauta::BAUTA_BACKEND::dynamic_shared;
using bauta::BAUTA_BACKEND::Floats;
using bauta::BAUTA_BACKEND::Global;
using bauta::BAUTA_BACKEND::Index;
using bauta::BAUTA_BACKEND::SharedArray;
using bauta::BAUTA_BACKEND::Vec;
using emulator::DeviceArray;
using emulator::run_kernel;

std::vector<float> ones(std::size_t count) { return std::vector<float>(count, 1); }

// ---- Out of bounds

__global__ void shared_overrun_kernel(bool fixed) {
  __shared__ SharedArray<float, 32> shared;
  shared[threadIdx.x + (fixed ? 0 : 1)] = 1;
}
std::string shared_overrun(bool fixed) {
  run_kernel(__func__, shared_overrun_kernel, {1, 32}, fixed);
  return "";
}

__global__ void shared_underrun_kernel(bool fixed) {
  __shared__ SharedArray<float, 32> shared;
  shared[static_cast<int>(threadIdx.x) - (fixed ? 0 : 1)] = 1;
}
std::string shared_underrun(bool fixed) {
  run_kernel(__func__, shared_underrun_kernel, {1, 32}, fixed);
  return "";
}

// Past the array's own check.
__global__ void shared_pointer_overrun_kernel(bool fixed) {
  __shared__ SharedArray<float, 32> shared;
  float* pointer = &shared[0];
  pointer[threadIdx.x + (fixed ? 0 : 1)] = 1;
}
std::string shared_pointer_overrun(bool fixed) {
  run_kernel(__func__, shared_pointer_overrun_kernel, {1, 32}, fixed);
  return "";
}

__global__ void dynamic_overrun_kernel(bool fixed) {
  dynamic_shared<float>()[threadIdx.x + (fixed ? 0 : 1)] = 1;
}
std::string dynamic_overrun(bool fixed) {
  run_kernel(__func__, dynamic_overrun_kernel, {1, 33, 33 * sizeof(float)}, fixed);
  return "";
}

std::string no_dynamic_shared(bool fixed) {
  run_kernel(__func__, dynamic_overrun_kernel, {1, 32, fixed ? 32 * sizeof(float) : 0}, true);
  return "";
}

__global__ void local_overrun_kernel(Global<float> out, bool fixed) {
  float local[4] = {1, 1, 1, 1};
  const unsigned i = threadIdx.x + (fixed ? 0 : 1);
  out.write(threadIdx.x, local[i]);
}
std::string local_overrun(bool fixed) {
  const DeviceArray<float> out(4);
  run_kernel(__func__, local_overrun_kernel, {1, 4}, out.data(), fixed);
  return "";
}

__global__ void global_overrun_kernel(Global<float> out, int count, bool fixed) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < count + (fixed ? 0 : 1)) out.write(i, 1);
}
std::string global_overrun(bool fixed) {
  const DeviceArray<float> out(100);
  run_kernel(__func__, global_overrun_kernel, {4, 32}, out.data(), 100, fixed);
  return compare(out.values(), ones(100));
}

__global__ void tail_without_guard_kernel(Global<const float> x, Global<float> y, Index count, bool fixed) {
  const Index i = (Index{blockIdx.x} * blockDim.x + threadIdx.x) * 4;
  if (i + 4 <= count || !fixed) return y.store<4>(i, x.load<4>(i));
  for (Index k = i; k < count; ++k) y.write(k, x.read(k));
}
std::string tail_without_guard(bool fixed) {
  const DeviceArray<float> x(ones(130)), y(130);
  run_kernel(__func__, tail_without_guard_kernel, {2, 32}, x.data(), y.data(), 130, fixed);
  return compare(y.values(), ones(130));
}

// Not through Global, so that only AddressSanitizer watches.
__global__ void raw_pointer_overrun_kernel(float* out, bool fixed) { out[threadIdx.x + (fixed ? 0 : 1)] = 1; }
std::string raw_pointer_overrun(bool fixed) {
  const DeviceArray<float> out(33);
  run_kernel(__func__, raw_pointer_overrun_kernel, {1, 33}, out.data(), fixed);
  return "";
}

// ---- Not what it seems

__global__ void sum_kernel(Global<const float> x, Global<float> out) {
  float sum = 0;
  for (int i = 0; i < 4; ++i) sum += x.read(i);
  out.write(0, sum);
}

std::string sum_of(const char* name, const float* four) {
  const DeviceArray<float> out(1);
  run_kernel(name, sum_kernel, {1, 1}, four, out.data());
  return compare(out.values(), {4.0f});
}

std::string host_pointer(bool fixed) {
  const std::vector<float> host = ones(4);
  const DeviceArray<float> device(host);
  return sum_of(__func__, fixed ? device.data() : host.data());
}

std::string null_pointer(bool fixed) {
  const DeviceArray<float> device(ones(4));
  return sum_of(__func__, fixed ? device.data() : nullptr);
}

std::string use_after_free(bool fixed) {
  float* memory = nullptr;
  if (cudaMalloc(&memory, 4 * sizeof(float)) != cudaSuccess) return "no memory";
  cudaMemcpy(memory, ones(4).data(), 4 * sizeof(float), cudaMemcpyHostToDevice);
  if (!fixed) cudaFree(memory);
  const std::string result = sum_of(__func__, memory);
  cudaFree(memory);
  return result;
}

__global__ void raw_use_after_free_kernel(const float* x, Global<float> out) { out.write(0, x[0]); }
std::string raw_use_after_free(bool fixed) {
  const DeviceArray<float> out(1);
  float* memory = nullptr;
  if (cudaMalloc(&memory, sizeof(float)) != cudaSuccess) return "no memory";
  if (!fixed) cudaFree(memory);
  run_kernel(__func__, raw_use_after_free_kernel, {1, 1}, memory, out.data());
  if (fixed) cudaFree(memory);
  return "";
}

std::string global_uninitialized(bool fixed) {
  const DeviceArray<float> written(ones(4)), fresh(4);
  return sum_of(__func__, fixed ? written.data() : fresh.data());
}

__global__ void shared_uninitialized_kernel(Global<float> out, bool fixed) {
  __shared__ SharedArray<float, 32> shared;
  if (fixed || threadIdx.x > 0) shared[threadIdx.x] = 1;
  __syncthreads();
  out.write(threadIdx.x, shared[31 - threadIdx.x]);
}
std::string shared_uninitialized(bool fixed) {
  const DeviceArray<float> out(32);
  run_kernel(__func__, shared_uninitialized_kernel, {1, 32}, out.data(), true);  // may leave ones behind
  run_kernel(__func__, shared_uninitialized_kernel, {1, 32}, out.data(), fixed);
  return compare(out.values(), ones(32));
}

__global__ void dynamic_uninitialized_kernel(Global<float> out, bool fixed) {
  float* shared = dynamic_shared<float>();
  if (fixed || threadIdx.x > 0) shared[threadIdx.x] = 1;
  __syncthreads();
  out.write(threadIdx.x, shared[31 - threadIdx.x]);
}
std::string dynamic_uninitialized(bool fixed) {
  const DeviceArray<float> out(32);
  run_kernel(__func__, dynamic_uninitialized_kernel, {1, 32, 32 * sizeof(float)}, out.data(), fixed);
  return compare(out.values(), ones(32));
}

// ---- Alignment

__global__ void global_misaligned_kernel(Global<float> out, bool fixed) {
  out.store<4>(fixed ? 4 : 5, Floats<4>{{1, 1, 1, 1}});
}
std::string global_misaligned(bool fixed) {
  const DeviceArray<float> out(16);
  run_kernel(__func__, global_misaligned_kernel, {1, 1}, out.data(), fixed);
  return "";
}

__global__ void shared_misaligned_kernel(bool fixed) {
  alignas(16) __shared__ float shared[16];
  float* pointer = shared + (fixed ? 4 : 5);
  reinterpret_cast<Vec<float, 4>*>(pointer)->v[0] = 1;
}
std::string shared_misaligned(bool fixed) {
  run_kernel(__func__, shared_misaligned_kernel, {1, 1}, fixed);
  return "";
}

// ---- Indices beyond 32 bits

using Byte = std::uint8_t;

__global__ void int_overflow_kernel(Global<Byte> out, Index count, bool fixed) {
  const int block = static_cast<int>(blockIdx.x), threads = static_cast<int>(blockDim.x);
  const Index i = (fixed ? Index{block} * threads : block * threads) + static_cast<int>(threadIdx.x);
  if (i < count) out.write(i, 1);
}

__global__ void unsigned_overflow_kernel(Global<Byte> out, Index count, bool fixed) {
  const Index i = (fixed ? Index{blockIdx.x} * blockDim.x : blockIdx.x * blockDim.x) + threadIdx.x;
  if (i < count) out.write(i, 1);
}

std::string fill_last(const char* name, void (*kernel)(Global<Byte>, Index, bool), Index count, bool fixed) {
  const emulator::ScopedOptions restored;
  emulator::options.last_blocks = 3;
  const emulator::DeviceMapping mapping(static_cast<std::size_t>(count));
  auto* bytes = static_cast<Byte*>(mapping.data());
  run_kernel(name, kernel, {static_cast<unsigned>((count + 255) / 256), 256}, bytes, count, fixed);
  return compare<int>({bytes[count - 1]}, {1});
}

std::string int_overflow(bool fixed) {
  return fill_last(__func__, int_overflow_kernel, (Index{1} << 31) + 1000, fixed);
}

std::string unsigned_overflow(bool fixed) {
  return fill_last(__func__, unsigned_overflow_kernel, (Index{1} << 32) + 1000, fixed);
}

}  // namespace

std::vector<Bug> bugs_in_memory() {
  return {
      {"shared_overrun", FoundBy::Emulator, "index 32 of a shared array of 32", shared_overrun},
      {"shared_underrun", FoundBy::Emulator, "index -1 of a shared array of 32", shared_underrun},
      {"shared_pointer_overrun", FoundBy::Asan, "global-buffer-overflow", shared_pointer_overrun},
      {"dynamic_overrun", FoundBy::Asan, "heap-buffer-overflow", dynamic_overrun},
      {"no_dynamic_shared", FoundBy::Emulator, "no dynamic shared memory", no_dynamic_shared},
      {"local_overrun", FoundBy::Asan, "stack-buffer-overflow", local_overrun},
      {"global_overrun", FoundBy::Emulator, "outside all device memory", global_overrun},
      {"tail_without_guard", FoundBy::Emulator, "outside all device memory", tail_without_guard},
      {"raw_pointer_overrun", FoundBy::Asan, "heap-buffer-overflow", raw_pointer_overrun},
      {"host_pointer", FoundBy::Emulator, "outside all device memory", host_pointer},
      {"null_pointer", FoundBy::Emulator, "(null)", null_pointer},
      {"use_after_free", FoundBy::Emulator, "outside all device memory", use_after_free},
      {"raw_use_after_free", FoundBy::Asan, "heap-use-after-free", raw_use_after_free},
      {"global_uninitialized", FoundBy::Emulator, "wrong result: ", global_uninitialized},
      {"shared_uninitialized", FoundBy::Emulator, "wrong result: ", shared_uninitialized},
      {"dynamic_uninitialized", FoundBy::Emulator, "wrong result: ", dynamic_uninitialized},
      {"global_misaligned", FoundBy::Emulator, "is misaligned", global_misaligned},
      {"shared_misaligned", FoundBy::Asan, "misaligned address", shared_misaligned},
      {"int_overflow", FoundBy::Asan, "signed integer overflow", int_overflow},
      {"unsigned_overflow", FoundBy::Emulator, "wrong result: 0 at 0, not 1", unsigned_overflow},
  };
}

}  // namespace planted
