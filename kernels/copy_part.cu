// A block writes part of one row of `to`, a thread four vectors of it, all on their way before the first is
// written; single elements where channels and corners are no whole vectors of 16 bytes. What is outside the
// part is not read.
//   Floor, in bytes of storage s: an element of the part 2s (in and out), one that becomes zero s.
#include "kernels/copy_part_checks.h"
#include "kernels/parallel_gpu.h"

namespace bauta::BAUTA_BACKEND {

namespace {

constexpr int kVectors = 4;  // of a thread

// What is written: the part, or all of `to`.
struct Written {
  Corner at;
  int height, width, channels;
};

// V divides all channel numbers.
template <int V, class T>
__global__ void __launch_bounds__(kThreads)
    copy_part_kernel(Global<T> to, Global<const T> from, Shape t, Shape s, Part part, Written written) {
  const int pixel = written.channels / V, row = written.width * pixel;
  const Index chunks = divide_up(row, kVectors * kThreads), line = blockIdx.x / chunks;
  const int first =
      static_cast<int>(blockIdx.x % chunks) * kVectors * kThreads + static_cast<int>(threadIdx.x);
  const Index n = line / written.height;
  const int h = written.at.h + static_cast<int>(line % written.height), part_h = h - part.in_to.h;
  const bool in_rows = part_h >= 0 && part_h < part.height;
  const Index to_row = (n * t.h + h) * t.w;
  const Index from_row = (n * s.h + part.in_from.h + part_h) * s.w + part.in_from.w;
  Floats<V> value[kVectors];
#pragma unroll
  for (int k = 0; k < kVectors; ++k) {
    const int i = first + k * kThreads, w = i / pixel;
    const int part_w = written.at.w + w - part.in_to.w;
    const int part_c = written.at.c + (i - w * pixel) * V - part.in_to.c;
    const bool inside =
        i < row && in_rows && part_w >= 0 && part_w < part.width && part_c >= 0 && part_c < part.channels;
    value[k] = from.template load_if<V>(inside, (from_row + part_w) * s.c + part.in_from.c + part_c);
  }
#pragma unroll
  for (int k = 0; k < kVectors; ++k)
    if (const int i = first + k * kThreads; i < row) {
      const int w = i / pixel;
      to.store((to_row + written.at.w + w) * t.c + written.at.c + (i - w * pixel) * V, value[k]);
    }
}

}  // namespace

void copy_part(View to, ConstView from, Part part, Rest rest, const Context& ctx) {
  check_part(to, from, part);
  const Shape t = to.shape, s = from.shape;
  const Written written = rest == Rest::Zero ? Written{{}, t.h, t.w, t.c}
                                             : Written{part.in_to, part.height, part.width, part.channels};
  BAUTA_CHECK(Index{written.width} * written.channels <= 1 << 30, "rows of ", written.width, " x ",
              written.channels, " elements");  // counted in int
  const Index elements = Index{t.n} * written.height * written.width * written.channels;
  if (elements == 0) return;
  with_storage(to.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    constexpr int V = kWidest<T>;
    const auto run = [&](auto kernel, int vector) {
      const Index row = Index{written.width} * written.channels / vector;
      const Index blocks = Index{t.n} * written.height * divide_up(row, kVectors * kThreads);
      launch("copy_part", kernel, {.grid = static_cast<unsigned>(blocks), .threads = kThreads}, ctx,
             global<T>(to), global<T>(from), t, s, part, written);
    };
    const auto whole = [](int channels) { return channels % V == 0; };
    if (whole(t.c) && whole(s.c) && whole(part.channels) && whole(part.in_to.c) && whole(part.in_from.c) &&
        aligned(16, to.data) && aligned(16, from.data))
      run(copy_part_kernel<V, T>, V);
    else
      run(copy_part_kernel<1, T>, 1);
  });
}

}  // namespace bauta::BAUTA_BACKEND
