// What fused_norm asks of its arguments, on the CPU and on the card. Included by *_cpu.cpp and *.cu only: all
// names are local to the file.
#pragma once

#include "kernels/check.h"
#include "kernels/fused_norm.h"

namespace bauta::BAUTA_BACKEND {
namespace {

// Pixels of the halos around y and dy (border), and around residual or d_residual.
struct Halos {
  int border, residual;
};

// In pixels, around a picture of shape `inside` in a tensor.
inline int halo_of(const char* operation, const char* name, const Shape& tensor, const Shape& inside) {
  const int halo = (tensor.h - inside.h) / 2;
  const bool fits =
      halo >= 0 && tensor == Shape{inside.n, inside.h + 2 * halo, inside.w + 2 * halo, inside.c};
  if (!fits || (halo > 0 && (halo >= inside.h || halo >= inside.w)))
    fail_check(operation, "each halo fits", __FILE__, __LINE__, name, " is ", tensor, ", x is ", inside,
               ": a halo is the same on all sides and narrower than the picture");
  return halo;
}

inline void require_shape(const char* operation, const char* name, const ConstView& view, const Shape& shape,
                          DType type) {
  if (view.shape != shape || view.dtype != type)
    fail_check(operation, "shapes and storage fit", __FILE__, __LINE__, name, " is ", view.shape, " of ",
               view.dtype, " and should be ", shape, " of ", type);
}

// residual: of forward, or d_residual.
inline Halos check_fused_norm(const char* operation, const ConstView& x, const ConstView& y,
                              const ConstView& mean, const ConstView& rstd, const ConstView& residual,
                              float slope) {
  const Shape& s = x.shape;
  const Halos halos{halo_of(operation, "y or dy", y.shape, s),
                    residual.data ? halo_of(operation, "the residual", residual.shape, s) : 0};
  require_shape(operation, "y or dy", y, y.shape, x.dtype);
  if (residual.data) require_shape(operation, "the residual", residual, residual.shape, x.dtype);
  require_shape(operation, "mean", mean, {s.n, 1, 1, s.c}, DType::Float32);
  require_shape(operation, "rstd", rstd, {s.n, 1, 1, s.c}, DType::Float32);
  if (!(slope >= 0)) fail_check(operation, "slope >= 0", __FILE__, __LINE__, "the slope is ", slope);
  return halos;
}

}  // namespace
}  // namespace bauta::BAUTA_BACKEND
