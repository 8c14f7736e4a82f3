// A block of threads takes kRows rows, neighbours neighbouring elements: a small matrix, most of it zeros.
//   Floor, in bytes an element of storage s: s, written.
#include "kernels/resampling_matrix.h"

#include "kernels/parallel_gpu.h"
#include "kernels/resampling.h"

namespace bauta::BAUTA_BACKEND {

namespace {

constexpr int kRows = 4;

template <class T>
__global__ void __launch_bounds__(kThreads)
    resampling_matrix_kernel(Global<T> y, const MosaicBox* boxes, Shape s, bool along_x, float growth,
                             int channels) {
  const int bands = (s.h - 1) / kRows + 1, n = static_cast<int>(blockIdx.x) / bands;
  const int first = (static_cast<int>(blockIdx.x) - n * bands) * kRows;
  const MosaicBox box = read_by_warp(boxes + n);
  const int begin = along_x ? box.x : box.y, size = along_x ? box.width : box.height;
  const int to = s.h / channels, from = s.w / channels;
  for (int line = first; line < first + kRows && line < s.h; ++line) {
    const float place = place_in_box(begin, size, growth, line / channels, to, from);
    const Index row = (Index{n} * s.h + line) * s.w;
    for (int j = static_cast<int>(threadIdx.x); j < s.w; j += kThreads)
      y.template store<1>(row + j, {j % channels == line % channels ? tent(place, j / channels) : 0.0f});
  }
}

}  // namespace

void resampling_matrix(View y, std::span<const MosaicBox> boxes, Along axis, float growth, int channels,
                       const Context& ctx) {
  const Shape s = y.shape;
  BAUTA_CHECK(channels >= 1 && s.h % channels == 0 && s.w % channels == 0 && s.c == 1, "y is ", s, " for ",
              channels, " channels");
  BAUTA_CHECK(static_cast<Index>(boxes.size()) == s.n, "there are ", boxes.size(), " boxes, y is ", s);
  with_storage(y.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    launch("resampling_matrix", resampling_matrix_kernel<T>,
           {.grid = static_cast<unsigned>(s.n * divide_up(s.h, kRows)), .threads = kThreads}, ctx,
           global<T>(y), boxes.data(), s, axis == Along::X, growth, channels);
  });
}

}  // namespace bauta::BAUTA_BACKEND
