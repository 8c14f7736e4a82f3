#include "kernels/check.h"
#include "nn/ops.h"
#include "nn/tape.h"

namespace bauta {

namespace {

Tensor set_into(const Tensor& x, const Corner& at, Shape whole);

// The part of x that begins at a corner. Cutting out and setting into zeros are each other's adjoint.
Tensor cut_out(const Tensor& x, const Corner& at, Shape part) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, part, x.dtype());
  engine.kernels().copy_part(y.view(), x.view(), {{}, at, part.h, part.w, part.c}, Rest::Zero,
                             engine.context());
  return record("cut_out", y, {x}, [at, whole = x.shape()](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{set_into(dy, at, whole)};
  });
}

Tensor set_into(const Tensor& x, const Corner& at, Shape whole) {
  Engine& engine = x.engine();
  const Shape part = x.shape();
  Tensor y = Tensor::empty(engine, whole, x.dtype());
  engine.kernels().copy_part(y.view(), x.view(), {at, {}, part.h, part.w, part.c}, Rest::Zero,
                             engine.context());
  return record("set_into", y, {x}, [at, part](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{cut_out(dy, at, part)};
  });
}

void check_margins(const char* op, const Margins& m) {
  if (m.top < 0 || m.bottom < 0 || m.left < 0 || m.right < 0)
    fail_check(op, "margins >= 0", __FILE__, __LINE__, "top ", m.top, ", bottom ", m.bottom, ", left ",
               m.left, ", right ", m.right);
}

}  // namespace

Tensor zero_pad(const Tensor& x, Margins margins) {
  check_margins(__func__, margins);
  const Shape& s = x.shape();
  return set_into(x, {margins.top, margins.left, 0},
                  {s.n, margins.top + s.h + margins.bottom, margins.left + s.w + margins.right, s.c});
}

Tensor crop(const Tensor& x, Margins margins) {
  check_margins(__func__, margins);
  const Shape& s = x.shape();
  const Shape inside{s.n, s.h - margins.top - margins.bottom, s.w - margins.left - margins.right, s.c};
  BAUTA_CHECK(inside.h > 0 && inside.w > 0, "the margins leave nothing of a picture of ", s.h, " x ", s.w);
  return cut_out(x, {margins.top, margins.left, 0}, inside);
}

Tensor channels(const Tensor& x, int first, int count) {
  const Shape& s = x.shape();
  BAUTA_CHECK(first >= 0 && count > 0 && count <= s.c - first, count, " channels from ", first, " on of ",
              s.c);
  return cut_out(x, {0, 0, first}, {s.n, s.h, s.w, count});
}

Tensor concat_channels(const std::vector<Tensor>& parts) {
  BAUTA_CHECK(!parts.empty(), "there is nothing to put side by side");
  Shape whole = parts.front().shape();
  whole.c = 0;
  for (const Tensor& part : parts) {
    const Shape& s = part.shape();
    BAUTA_CHECK(s.h == whole.h && s.w == whole.w, "pictures of ", s, " beside ", parts.front().shape());
    whole.c += s.c;
  }
  Engine& engine = parts.front().engine();
  Tensor y = Tensor::empty(engine, whole, parts.front().dtype());
  std::vector<int> widths;
  int first = 0;
  for (const Tensor& part : parts) {
    const Shape& s = part.shape();
    engine.kernels().copy_part(y.view(), part.view(), {{0, 0, first}, {}, s.h, s.w, s.c}, Rest::Kept,
                               engine.context());
    first += s.c;
    widths.push_back(s.c);
  }
  return record("concat_channels", y, parts, [widths](const Tensor& dy, const std::vector<bool>& wanted) {
    std::vector<Tensor> gradients(widths.size());
    int at = 0;
    for (std::size_t i = 0; i < widths.size(); at += widths[i++])
      if (wanted[i]) gradients[i] = channels(dy, at, widths[i]);
    return gradients;
  });
}

// Each pixel `factor` times, then each row: both are broadcasts of the same numbers under other shapes.
Tensor upsample_nearest(const Tensor& x, int factor) {
  BAUTA_CHECK(factor >= 1, "factor ", factor);
  const Shape& s = x.shape();
  const int rows = s.n * s.h, width = s.w * factor;
  const Tensor wide = broadcast(reshape(x, {rows * s.w, 1, 1, s.c}), {rows * s.w, 1, factor, s.c});
  const Tensor high = broadcast(reshape(wide, {rows, 1, width, s.c}), {rows, factor, width, s.c});
  return reshape(high, {s.n, s.h * factor, width, s.c});
}

}  // namespace bauta
