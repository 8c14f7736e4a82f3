// A thread owns 16 bytes of every picture, new or remembered, and goes through the new ones in order: what
// one leaves in the pool the next may be shown, and no other thread has to know. kAtOnce pictures are on
// their way together; whoever is shown what one of them leaves gets it from registers.
//   Floor, in bytes an element of storage s: fakes in, shown out: 2s; a remembered picture in: s; one kept:
//   s.
// Blocks are small: at 256x256x3 in bfloat16 there are 192 of them for an H100's 132 multiprocessors.
#include "kernels/image_pool.h"

#include "kernels/parallel_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

constexpr int kPoolThreads = 128, kAtOnce = 4;

template <int V, class T>
__global__ void __launch_bounds__(kPoolThreads)
    pool_exchange_kernel(Global<T> shown, Global<T> storage, Global<const T> fakes,
                         Global<const PoolChoice> choices, int pictures, int capacity, Index size) {
  const Index i = (Index{blockIdx.x} * kPoolThreads + threadIdx.x) * V;
  const bool owner = i < size;  // all others are there for the shuffles
  const auto place = [capacity](int asked) { return asked >= 0 && asked < capacity ? asked : -1; };
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  PoolChoice of_lane;  // a warp's lanes read the choices of as many pictures
  for (int n = 0; n < pictures; n += kAtOnce) {
    if (n % kWarp == 0 && n + lane < pictures) of_lane = choices.read(n + lane);
    Vec<T, V> fake[kAtOnce] = {}, seen[kAtOnce] = {};
    int show[kAtOnce], keep[kAtOnce];
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      const bool there = owner && n + k < pictures;
      show[k] = place(__shfl_sync(kAllLanes, of_lane.show, (n + k) % kWarp));
      keep[k] = place(__shfl_sync(kAllLanes, of_lane.keep, (n + k) % kWarp));
      if (there) fake[k] = fakes.template read_packed<V>((n + k) * size + i);
      if (there && show[k] >= 0) seen[k] = storage.template read_packed<V>(show[k] * size + i);
    }
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      if (show[k] < 0) seen[k] = fake[k];
#pragma unroll
      for (int before = 0; before < k; ++before)
        if (show[k] >= 0 && keep[before] == show[k]) seen[k] = fake[before];
      if (!owner || n + k >= pictures) continue;
      shown.template write_packed<V>((n + k) * size + i, seen[k]);
      if (keep[k] >= 0) storage.template write_packed<V>(keep[k] * size + i, fake[k]);
    }
  }
}

}  // namespace

void pool_exchange(View shown, View storage, ConstView fakes, std::span<const PoolChoice> choices,
                   const Context& ctx) {
  const Shape s = fakes.shape, pool = storage.shape;
  BAUTA_CHECK(shown.shape == s, "shown is ", shown.shape, ", fakes is ", s);
  BAUTA_CHECK(pool.h == s.h && pool.w == s.w && pool.c == s.c, "storage is ", pool, ", fakes is ", s);
  BAUTA_CHECK(shown.dtype == fakes.dtype && storage.dtype == fakes.dtype, "shown is ", shown.dtype,
              ", storage is ", storage.dtype, ", fakes is ", fakes.dtype);
  BAUTA_CHECK(static_cast<Index>(choices.size()) == s.n, "there are ", choices.size(), " choices, fakes is ",
              s);
  if (s.n == 0) return;
  const Index size = Index{s.h} * s.w * s.c;
  with_storage(fakes.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    const auto run = [&]<int V>(std::integral_constant<int, V>) {
      launch("pool_exchange", pool_exchange_kernel<V, T>,
             {.grid = static_cast<unsigned>(divide_up(size, kPoolThreads * V)), .threads = kPoolThreads}, ctx,
             global<T>(shown), global<T>(storage), global<T>(fakes), choices.data(), s.n, pool.n, size);
    };
    if (aligned(16, shown.data) && aligned(16, storage.data) && aligned(16, fakes.data) &&
        size % kWidest<T> == 0)
      run(std::integral_constant<int, kWidest<T>>());
    else
      run(std::integral_constant<int, 1>());
  });
}

}  // namespace bauta::BAUTA_BACKEND
