#include "kernels/check.h"
#include "nn/ops.h"
#include "nn/tape.h"

namespace bauta {

Tensor axpby(float alpha, const Tensor& a, float beta, const Tensor& b) {
  Engine& engine = a.engine();
  Tensor y = Tensor::empty(engine, a.shape(), a.dtype());
  engine.kernels().axpby(y.view(), alpha, a.view(), beta, b.view(), engine.context());
  return record("axpby", y, {a, b}, [alpha, beta](const Tensor& dy, const std::vector<bool>& wanted) {
    auto times = [&dy](float factor) { return factor == 1 ? dy : scale(dy, factor); };
    return std::vector<Tensor>{wanted[0] ? times(alpha) : Tensor(), wanted[1] ? times(beta) : Tensor()};
  });
}

Tensor mul(const Tensor& a, const Tensor& b) {
  Engine& engine = a.engine();
  Tensor y = Tensor::empty(engine, a.shape(), a.dtype());
  engine.kernels().multiply(y.view(), a.view(), b.view(), engine.context());
  return record("mul", y, {a, b}, [a, b](const Tensor& dy, const std::vector<bool>& wanted) {
    return std::vector<Tensor>{wanted[0] ? mul(dy, b) : Tensor(), wanted[1] ? mul(dy, a) : Tensor()};
  });
}

Tensor affine(const Tensor& x, float factor, float shift) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, x.shape(), x.dtype());
  engine.kernels().affine(y.view(), x.view(), factor, shift, engine.context());
  return record("affine", y, {x}, [factor](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{scale(dy, factor)};
  });
}

Tensor reduce_sum(const Tensor& x, Shape to, DType dtype) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, to, dtype);
  engine.kernels().reduce_sum(y.view(), x.view(), engine.context());
  auto rule = [from = x.shape(), stored = x.dtype()](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{broadcast(dy, from, stored)};
  };
  return record("reduce_sum", y, {x}, rule);
}

Tensor broadcast(const Tensor& x, Shape to, DType dtype) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, to, dtype);
  engine.kernels().broadcast(y.view(), x.view(), engine.context());
  auto rule = [from = x.shape(), stored = x.dtype()](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{reduce_sum(dy, from, stored)};
  };
  return record("broadcast", y, {x}, rule);
}

Tensor cast(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, x.shape(), dtype);
  engine.kernels().convert(y.view(), x.view(), engine.context());
  return record("cast", y, {x}, [stored = x.dtype()](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{cast(dy, stored)};
  });
}

Tensor sum(const Tensor& x) { return reduce_sum(x, Shape{}, DType::Float32); }

Tensor mean(const Tensor& x) { return scale(sum(x), 1.0f / static_cast<float>(x.shape().count())); }

Tensor reshape(const Tensor& x, Shape to) {
  BAUTA_CHECK(x.shape().count() == to.count(), x.shape(), " does not have as many values as ", to);
  return record("reshape", x.alias(0, to), {x},
                [from = x.shape()](const Tensor& dy, const std::vector<bool>&) {
                  return std::vector<Tensor>{reshape(dy, from)};
                });
}

namespace {

// y = f(x) element by element; derivative(x) is made of ops.
template <class Derivative>
Tensor unary(const char* name, UnaryOp op, const Tensor& x, Derivative derivative) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, x.shape(), x.dtype());
  engine.kernels().unary(y.view(), x.view(), op, engine.context());
  return record(name, y, {x}, [x, derivative](const Tensor& dy, const std::vector<bool>&) {
    return std::vector<Tensor>{mul(dy, derivative(x))};
  });
}

Tensor sign(const Tensor& x) {
  Tensor y = Tensor::empty(x.engine(), x.shape(), x.dtype());
  x.engine().kernels().unary(y.view(), x.view(), UnaryOp::Sign, x.engine().context());
  return y;
}

}  // namespace

Tensor abs(const Tensor& x) { return unary("abs", UnaryOp::Abs, x, sign); }

Tensor rsqrt(const Tensor& x) {
  return unary("rsqrt", UnaryOp::Rsqrt, x, [](const Tensor& v) {
    const Tensor r = rsqrt(v);
    return -0.5f * (r * r * r);
  });
}

Tensor sigmoid(const Tensor& x) {
  return unary("sigmoid", UnaryOp::Sigmoid, x, [](const Tensor& v) {
    const Tensor s = sigmoid(v);
    return s - s * s;
  });
}

Tensor softplus(const Tensor& x) { return unary("softplus", UnaryOp::Softplus, x, sigmoid); }
Tensor sinh(const Tensor& x) { return unary("sinh", UnaryOp::Sinh, x, cosh); }
Tensor cosh(const Tensor& x) { return unary("cosh", UnaryOp::Cosh, x, sinh); }

Tensor asinh(const Tensor& x) {
  return unary("asinh", UnaryOp::Asinh, x, [](const Tensor& v) { return rsqrt(affine(v * v, 1, 1)); });
}

Tensor clamp(const Tensor& x, float low, float high) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, x.shape(), x.dtype());
  engine.kernels().clamp(y.view(), x.view(), low, high, engine.context());
  return record("clamp", y, {x}, [x, low, high](const Tensor& dy, const std::vector<bool>&) {
    // 1 between the bounds, 0 beyond them: (sign(x - low) + sign(high - x)) / 2.
    const Tensor above = sign(affine(x.detach(), 1, -low));
    const Tensor below = sign(affine(x.detach(), -1, high));
    return std::vector<Tensor>{mul(dy, axpby(0.5f, above, 0.5f, below))};
  });
}

Tensor round_to_8_bits(const Tensor& x) {
  Engine& engine = x.engine();
  Tensor y = Tensor::empty(engine, x.shape(), x.dtype());
  engine.kernels().unary(y.view(), x.view(), UnaryOp::RoundTo8Bits, engine.context());
  return record("round_to_8_bits", y, {x},
                [](const Tensor& dy, const std::vector<bool>&) { return std::vector<Tensor>{dy}; });
}

Tensor matmul(const Tensor& a, Transpose op_a, const Tensor& b, Transpose op_b) {
  Engine& engine = a.engine();
  const bool ta = op_a == Transpose::Yes, tb = op_b == Transpose::Yes;
  const Shape product{ta ? a.shape().c : a.shape().n, 1, 1, tb ? b.shape().n : b.shape().c};
  Tensor y = Tensor::empty(engine, product, a.dtype());
  engine.kernels().gemm(y.view(), a.view(), op_a, b.view(), op_b, engine.context());
  return record("matmul", y, {a, b}, [a, b, ta, tb](const Tensor& dy, const std::vector<bool>& wanted) {
    constexpr auto no = Transpose::No, yes = Transpose::Yes;
    std::vector<Tensor> gradients(2);
    if (wanted[0]) gradients[0] = ta ? matmul(b, tb ? yes : no, dy, yes) : matmul(dy, no, b, tb ? no : yes);
    if (wanted[1]) gradients[1] = tb ? matmul(dy, yes, a, ta ? yes : no) : matmul(a, ta ? no : yes, dy, no);
    return gradients;
  });
}

}  // namespace bauta
