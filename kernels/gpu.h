// What every .cu file includes, and all of CUDA that it may use. nvcc compiles kernels for the card; any
// other C++20 compiler runs the very same text on the CPU, one fiber a CUDA thread: tests/emulator.
#pragma once

#ifdef __CUDACC__
#include <cuda_runtime.h>
#else
#include "tests/emulator/cuda.h"
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernels/check.h"
#include "kernels/launcher.h"

namespace bauta::BAUTA_BACKEND {

using Index = std::int64_t;  // of elements: a tensor may have more than 2^31

constexpr unsigned kAllLanes = 0xffffffffu;
constexpr int kWarp = 32;

BAUTA_DEVICE constexpr Index divide_up(Index a, Index b) { return (a + b - 1) / b; }
BAUTA_DEVICE constexpr Index smaller(Index a, Index b) { return a < b ? a : b; }
BAUTA_DEVICE constexpr Index larger(Index a, Index b) { return a > b ? a : b; }

// N numbers that move together: one access of up to 16 bytes.
template <class T, int N>
struct alignas(sizeof(T) * N) Vec {
  T v[N];
  BAUTA_DEVICE T& operator[](int i) { return v[i]; }
  BAUTA_DEVICE const T& operator[](int i) const { return v[i]; }
};

// Numbers a thread computes with: always float.
template <int N>
struct Floats {
  float v[N];
  BAUTA_DEVICE float& operator[](int i) { return v[i]; }
  BAUTA_DEVICE float operator[](int i) const { return v[i]; }
};

// Elements of T in 16 bytes, the widest access.
template <class T>
constexpr int kWidest = 16 / static_cast<int>(sizeof(T));

// An instruction that loads where `there`, and zeros elsewhere. Of a load in a branch nvcc makes one that is
// waited for where the branch ends, if what was loaded is unpacked; several of these are on their way
// together.
#ifdef __CUDA_ARCH__
template <class T, int N>
__device__ Floats<N> load_where(bool there, const T* data) {
  constexpr int kBytes = N * static_cast<int>(sizeof(T));
  static_assert(kBytes == 2 || kBytes == 4 || kBytes == 8 || kBytes == 16);
  const auto from = __cvta_generic_to_global(data);
  const int predicate = there;
  unsigned words[(kBytes + 3) / 4];
  if constexpr (kBytes == 2) {
    unsigned short half;
    asm volatile("{.reg .pred p; setp.ne.s32 p, %1, 0; mov.u16 %0, 0; @p ld.global.u16 %0, [%2];}"
                 : "=&h"(half)
                 : "r"(predicate), "l"(from)
                 : "memory");
    words[0] = half;
  } else if constexpr (kBytes == 4) {
    asm volatile("{.reg .pred p; setp.ne.s32 p, %1, 0; mov.u32 %0, 0; @p ld.global.u32 %0, [%2];}"
                 : "=&r"(words[0])
                 : "r"(predicate), "l"(from)
                 : "memory");
  } else if constexpr (kBytes == 8) {
    asm volatile(
        "{.reg .pred p; setp.ne.s32 p, %2, 0; mov.u32 %0, 0; mov.u32 %1, 0; @p ld.global.v2.u32 {%0, %1}, "
        "[%3];}"
        : "=&r"(words[0]), "=&r"(words[1])
        : "r"(predicate), "l"(from)
        : "memory");
  } else {
    asm volatile(
        "{.reg .pred p; setp.ne.s32 p, %4, 0; mov.u32 %0, 0; mov.u32 %1, 0; mov.u32 %2, 0; mov.u32 %3, 0;"
        " @p ld.global.v4.u32 {%0, %1, %2, %3}, [%5];}"
        : "=&r"(words[0]), "=&r"(words[1]), "=&r"(words[2]), "=&r"(words[3])
        : "r"(predicate), "l"(from)
        : "memory");
  }
  Floats<N> result;
#pragma unroll
  for (int k = 0; k < N; ++k)
    if constexpr (sizeof(T) == 4)
      result[k] = __uint_as_float(words[k]);
    else
      result[k] = __uint_as_float(k % 2 == 0 ? words[k / 2] << 16 : words[k / 2] & 0xffff0000u);
  return result;
}

// One instruction that stores. Of a plain assignment nvcc sometimes makes one for each word.
template <class T, int N>
__device__ void store_at_once(T* data, const Floats<N>& values) {
  constexpr int kWords = N * static_cast<int>(sizeof(T)) / 4;
  unsigned words[kWords];
#pragma unroll
  for (int k = 0; k < kWords; ++k)
    if constexpr (sizeof(T) == 4)
      words[k] = __float_as_uint(values[k]);
    else
      asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(words[k]) : "f"(values[2 * k + 1]), "f"(values[2 * k]));
  const auto to = __cvta_generic_to_global(data);
  if constexpr (kWords == 2)
    asm volatile("st.global.v2.u32 [%0], {%1, %2};" ::"l"(to), "r"(words[0]), "r"(words[1]) : "memory");
  else
    asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(words[0]), "r"(words[1]),
                 "r"(words[2]), "r"(words[3])
                 : "memory");
}
#endif

// On the card nothing; in the emulator the place in the source that an access is reported with.
#ifdef __CUDACC__
#define BAUTA_SITE
#define BAUTA_ACCESS(kind, pointer, bytes) (void)0
#else
#define BAUTA_SITE , emulator::Site site = emulator::Site::current()
#define BAUTA_ACCESS(kind, pointer, bytes) emulator::access(emulator::Access::kind, pointer, bytes, site)
#endif

// A pointer into the card's memory. Kernels reach that memory through it alone, so that the emulator can
// check alignment and count the bytes that move. i counts elements, also where N of them are accessed.
template <class T>
class Global {
 public:
  using Element = std::remove_const_t<T>;
  Global() = default;
  BAUTA_DEVICE Global(T* data) : data_(data) {}
  BAUTA_DEVICE explicit operator bool() const { return data_ != nullptr; }
  BAUTA_DEVICE Global operator+(Index i) const { return Global(data_ + i); }

  // As floats, whatever they are stored as. N elements: i and the pointer must be multiples of N.
  template <int N>
  BAUTA_DEVICE Floats<N> load(Index i BAUTA_SITE) const {
    BAUTA_ACCESS(Load, data_ + i, sizeof(T) * N);
    const auto packed = *reinterpret_cast<const Vec<Element, N>*>(data_ + i);
    Floats<N> result;
#pragma unroll
    for (int k = 0; k < N; ++k) result[k] = to_float(packed[k]);
    return result;
  }
  // The same, or zeros where not `there`: for several loads that are to be on their way together.
  template <int N>
  BAUTA_DEVICE Floats<N> load_if(bool there, Index i BAUTA_SITE) const {
#ifdef __CUDA_ARCH__
    return load_where<Element, N>(there, data_ + i);
#elif defined(__CUDACC__)
    return there ? load<N>(i) : Floats<N>{};
#else
    return there ? load<N>(i, site) : Floats<N>{};
#endif
  }
  template <int N>
  BAUTA_DEVICE void store(Index i, const Floats<N>& values BAUTA_SITE) const {
    BAUTA_ACCESS(Store, data_ + i, sizeof(T) * N);
#ifdef __CUDA_ARCH__
    if constexpr (sizeof(T) * N >= 8)
      store_at_once(data_ + i, values);
    else
#endif
    {
      Vec<Element, N> packed;
#pragma unroll
      for (int k = 0; k < N; ++k) packed[k] = from_float<Element>(values[k]);
      *reinterpret_cast<Vec<Element, N>*>(data_ + i) = packed;
    }
  }
  // One element, as it is.
  BAUTA_DEVICE Element read(Index i BAUTA_SITE) const {
    BAUTA_ACCESS(Load, data_ + i, sizeof(T));
    return data_[i];
  }
  BAUTA_DEVICE void write(Index i, const Element& value BAUTA_SITE) const {
    BAUTA_ACCESS(Store, data_ + i, sizeof(T));
    data_[i] = value;
  }
  // N elements, as they are.
  template <int N>
  BAUTA_DEVICE Vec<Element, N> read_packed(Index i BAUTA_SITE) const {
    BAUTA_ACCESS(Load, data_ + i, sizeof(T) * N);
    return *reinterpret_cast<const Vec<Element, N>*>(data_ + i);
  }
  template <int N>
  BAUTA_DEVICE void write_packed(Index i, const Vec<Element, N>& values BAUTA_SITE) const {
    BAUTA_ACCESS(Store, data_ + i, sizeof(T) * N);
    *reinterpret_cast<Vec<Element, N>*>(data_ + i) = values;
  }
  // Adds to an unsigned integer, and returns what was there. Of floats there is no such thing: the order of
  // addition would depend on timing.
  BAUTA_DEVICE Element atomic_add(Index i, Element value BAUTA_SITE) const {
    static_assert(std::is_same_v<T, unsigned>);
    BAUTA_ACCESS(Atomic, data_ + i, sizeof(T));
    return atomicAdd(data_ + i, value);
  }

 private:
  T* data_ = nullptr;
};

// An array that a block's threads share, declared as
//     __shared__ SharedArray<float, 256> sums;
// In the emulator it holds NaNs when a block begins.
#ifdef __CUDACC__
template <class T, int N>
struct SharedArray {
  T v[N];
  __device__ T& operator[](int i) { return v[i]; }
};
#else
template <class T, int N>
using SharedArray = emulator::SharedArray<T, N>;
#endif

// Shared memory whose size only the launch knows.
template <class T>
__device__ T* dynamic_shared() {
#ifdef __CUDACC__
  extern __shared__ __align__(16) unsigned char bauta_dynamic_shared[];
  return reinterpret_cast<T*>(bauta_dynamic_shared);
#else
  return static_cast<T*>(emulator::dynamic_shared());
#endif
}

struct Blocks {
  dim3 grid, threads;
  std::size_t shared_bytes = 0;  // beyond 48 KiB the card is asked for more; sm_89 and sm_120 have 99 KiB
};

// Runs a kernel on the context's stream. A grid without blocks is nothing to do.
// Throws CheckError, naming the launcher, when CUDA refuses.
template <class... Parameters, class... Arguments>
void launch(const char* launcher, void (*kernel)(Parameters...), Blocks blocks, const Context& ctx,
            const Arguments&... arguments) {
  if (blocks.grid.x == 0 || blocks.grid.y == 0 || blocks.grid.z == 0) return;
#ifdef __CUDACC__
  const auto refuse = [&](cudaError_t error) {
    if (error == cudaSuccess) return;
    fail_check(launcher, "CUDA takes the launch", __FILE__, __LINE__, cudaGetErrorString(error), "; ",
               blocks.grid.x, " x ", blocks.grid.y, " x ", blocks.grid.z, " blocks of ", blocks.threads.x,
               " x ", blocks.threads.y, " x ", blocks.threads.z, " threads, ", blocks.shared_bytes,
               " bytes of shared memory");
  };
  if (blocks.shared_bytes > 48 * 1024)
    refuse(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                static_cast<int>(blocks.shared_bytes)));
  kernel<<<blocks.grid, blocks.threads, blocks.shared_bytes, ctx.stream()>>>(
      static_cast<Parameters>(arguments)...);
  refuse(cudaGetLastError());
#else
  // A captured launch runs when all that is here is gone: the arguments go with it.
  emulator::launch(launcher, blocks.grid, blocks.threads, blocks.shared_bytes, ctx.stream(),
                   [kernel, ... values = static_cast<Parameters>(arguments)] { kernel(values...); });
#endif
}

// Calls f with a null pointer of the storage type, so that it can be a template parameter:
//     with_storage(x.dtype, [&](auto* null) { using T = std::remove_pointer_t<decltype(null)>; ... });
template <class Function>
void with_storage(DType type, const Function& f) {
  if (type == DType::Float32)
    f(static_cast<float*>(nullptr));
  else
    f(static_cast<bfloat16*>(nullptr));
}

template <class T>
Global<T> global(View view) {
  return Global<T>(static_cast<T*>(view.data));
}
template <class T>
Global<const T> global(ConstView view) {
  return Global<const T>(static_cast<const T*>(view.data));
}

// Whether these can be accessed `bytes` at a time.
inline bool aligned(std::size_t bytes, const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer) % bytes == 0;
}

}  // namespace bauta::BAUTA_BACKEND
