// A block of threads takes a row, neighbours neighbouring elements: a small matrix, most of it zeros.
//   Floor, in bytes an element of storage s: s, written.
#include "kernels/resampling_matrix.h"

#include "kernels/parallel_gpu.h"
#include "kernels/resampling.h"

namespace bauta::BAUTA_BACKEND {

namespace {

template <class T>
__global__ void __launch_bounds__(kThreads)
    resampling_matrix_kernel(Global<T> y, const MosaicBox* boxes, Shape s, bool along_x, float growth,
                             int channels) {
  const Index row = blockIdx.x, n = row / s.h;
  const MosaicBox box = read_by_warp(boxes + n);
  const int line = static_cast<int>(row - n * s.h), to = s.h / channels, from = s.w / channels;
  const float place = place_in_box(along_x ? box.x : box.y, along_x ? box.width : box.height, growth,
                                   line / channels, to, from);
  for (int j = static_cast<int>(threadIdx.x); j < s.w; j += kThreads)
    y.template store<1>(row * s.w + j, {j % channels == line % channels ? tent(place, j / channels) : 0.0f});
}

}  // namespace

void resampling_matrix(View y, std::span<const MosaicBox> boxes, Axis axis, float growth, int channels,
                       const Context& ctx) {
  const Shape s = y.shape;
  BAUTA_CHECK(channels >= 1 && s.h % channels == 0 && s.w % channels == 0 && s.c == 1, "y is ", s, " for ",
              channels, " channels");
  BAUTA_CHECK(static_cast<Index>(boxes.size()) == s.n, "there are ", boxes.size(), " boxes, y is ", s);
  with_storage(y.dtype, [&](auto* null) {
    using T = std::remove_pointer_t<decltype(null)>;
    launch("resampling_matrix", resampling_matrix_kernel<T>,
           {.grid = static_cast<unsigned>(Index{s.n} * s.h), .threads = kThreads}, ctx, global<T>(y),
           boxes.data(), s, axis == Axis::X, growth, channels);
  });
}

}  // namespace bauta::BAUTA_BACKEND
