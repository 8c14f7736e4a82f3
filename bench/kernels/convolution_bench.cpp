#include "bench/kernels/cases.h"

namespace bauta::bench {

namespace {

// Bytes that may move, as multiples of the floor.
struct Most {
  double fprop, dgrad, wgrad;
};

struct Layer {
  const char* name;
  Shape x, w;  // w (K,R,S,C)
  ConvGeometry geometry;
  Most most_bfloat16, most_float32;

  Shape y() const { return {x.n, geometry.output_size(x.h, w.h), geometry.output_size(x.w, w.w), w.n}; }
};

// The generator's outermost layers, which have kernels of their own; then what convolution.cu itself serves
// where no library does, at 128x128 and of each kind one: a stride, a picture of three channels, one channel
// of scores.
const Layer kLayers[] = {
    {"first 7x7 3-64", {1, 262, 262, 3}, {64, 7, 7, 3}, {1, 0}, {1.35, 2.5, 2.25}, {1.75, 2.75, 1.7}},
    {"last 7x7 64-3", {1, 262, 262, 64}, {3, 7, 7, 64}, {1, 0}, {2.5, 1.5, 2.05}, {2.55, 1.5, 1.55}},
    {"residual 3x3 256-256",
     {1, 34, 34, 256},
     {256, 3, 3, 256},
     {1, 0},
     {20.75, 18.65, 17.85},
     {18.9, 18.65, 17.3}},
    {"down 3x3 64-128 by 2", {1, 128, 128, 64}, {128, 3, 3, 64}, {2, 1}, {8.75, 6.5, 8.5}, {7.45, 6.5, 7.15}},
    {"discriminator 4x4 3-64 by 2",
     {1, 128, 128, 3},
     {64, 4, 4, 3},
     {2, 1},
     {2.7, 19.8, 3.35},
     {2.35, 16.8, 2.35}},
    {"discriminator 4x4 512-1",
     {1, 15, 15, 512},
     {1, 4, 4, 512},
     {1, 1},
     {13.35, 1.65, 15.8},
     {13, 1.55, 14.05}},
};

// The others at 256x256, ngf and ndf 64, for their times: the emulator would take minutes to count them. A
// dgrad of what leads down is the generator's way up.
const Layer kOnlyTimed[] = {
    {"residual 3x3 256-256 at 64x64", {1, 66, 66, 256}, {256, 3, 3, 256}, {1, 0}, {}, {}},
    {"down 3x3 64-128 by 2 at 256x256", {1, 256, 256, 64}, {128, 3, 3, 64}, {2, 1}, {}, {}},
    {"down 3x3 128-256 by 2 at 128x128", {1, 128, 128, 128}, {256, 3, 3, 128}, {2, 1}, {}, {}},
    {"discriminator 4x4 3-64 by 2 at 256x256", {1, 256, 256, 3}, {64, 4, 4, 3}, {2, 1}, {}, {}},
    {"discriminator 4x4 64-128 by 2 at 128x128", {1, 128, 128, 64}, {128, 4, 4, 64}, {2, 1}, {}, {}},
    {"discriminator 4x4 128-256 by 2 at 64x64", {1, 64, 64, 128}, {256, 4, 4, 128}, {2, 1}, {}, {}},
    {"discriminator 4x4 256-512 at 32x32", {1, 32, 32, 256}, {512, 4, 4, 256}, {1, 1}, {}, {}},
    {"discriminator 4x4 512-1 at 31x31", {1, 31, 31, 512}, {1, 4, 4, 512}, {1, 1}, {}, {}},
};

void add_layer(std::vector<Case>& cases, const Layer& layer, DType dtype, bool counted) {
  const Shape from = layer.x, to = layer.y(), taps = layer.w;
  const ConvGeometry geometry = layer.geometry;
  const Most& most = dtype == DType::Float32 ? layer.most_float32 : layer.most_bfloat16;
  const double floor = bytes(from, dtype) + bytes(to, dtype) + bytes(taps, dtype);
  const double operations = 2.0 * static_cast<double>(to.count() * taps.count()) / to.c;
  const auto add = [&](const char* kernel, const char* variant, double most_bytes, auto prepare) {
    cases.push_back({kernel, std::string(layer.name) + variant, dtype, floor, operations, prepare});
    cases.back().most = most_bytes;
    cases.back().counted = counted;
  };
  add("conv_fprop", "", most.fprop, [=](const Context& ctx) {
    const Operand x(ctx, from, dtype), w(ctx, taps, dtype), y(ctx, to, dtype);
    return [=, &ctx] { ctx.backend().conv_fprop(y.view(), x.view(), w.view(), geometry, ctx); };
  });
  add("conv_dgrad", "", most.dgrad, [=](const Context& ctx) {
    const Operand dx(ctx, from, dtype), w(ctx, taps, dtype), dy(ctx, to, dtype);
    return [=, &ctx] { ctx.backend().conv_dgrad(dx.view(), dy.view(), w.view(), geometry, ctx); };
  });
  add("conv_wgrad", "", most.wgrad, [=](const Context& ctx) {
    const Operand x(ctx, from, dtype), dw(ctx, taps), dy(ctx, to, dtype);
    return [=, &ctx] {
      ctx.backend().conv_wgrad(dw.view(), x.view(), dy.view(), geometry, GradMode::Overwrite, ctx);
    };
  });
  if (counted) return;
  // As loaded networks have them: kernels keep what they make of the weights.
  add("conv_fprop", ", weights kept", most.fprop, [=](const Context& ctx) {
    const Operand x(ctx, from, dtype), w(ctx, taps, dtype), y(ctx, to, dtype);
    return [=, &ctx, forms = std::make_shared<KeptForms>()] {
      ctx.backend().conv_fprop(y.view(), x.view(), {w.view(), forms.get()}, geometry, ctx);
    };
  });
  add("conv_dgrad", ", weights kept", most.dgrad, [=](const Context& ctx) {
    const Operand dx(ctx, from, dtype), w(ctx, taps, dtype), dy(ctx, to, dtype);
    return [=, &ctx, forms = std::make_shared<KeptForms>()] {
      ctx.backend().conv_dgrad(dx.view(), dy.view(), {w.view(), forms.get()}, geometry, ctx);
    };
  });
}

}  // namespace

void add_convolution(std::vector<Case>& cases) {
  for (DType dtype : kStorage) {
    for (const Layer& layer : kLayers) add_layer(cases, layer, dtype, true);
    for (const Layer& layer : kOnlyTimed) add_layer(cases, layer, dtype, false);
  }
}

}  // namespace bauta::bench
