// fprop and dgrad: both are correlations, dgrad with the channels' roles swapped and the taps turned around.
// For a backend of products in bfloat16 (backend_bf16.cpp) compiled with BAUTA_BF16_PRODUCTS.
#include "kernels/convolution.h"

#ifdef BAUTA_BF16_PRODUCTS
#include "kernels/convolution_integers.h"
#include "kernels/convolution_pairs.h"
#else
#include "kernels/convolution_direct.h"
#include "kernels/convolution_winograd.h"
#endif

namespace bauta::BAUTA_BACKEND {
namespace {

#ifdef BAUTA_BF16_PRODUCTS
using Products = PairProducts;
using Winograd = IntegerWinograd;
#else
using Products = FloatProducts;
using Winograd = WinogradCorrelation;
#endif
// Pictures themselves, of three channels or so, are little work and have more than the 8 bits of a bfloat16.
constexpr Index kFewChannels = 8;

// pack(to): the weights in panels. They, or what Winograd or the products make of them, are kept as `part` of
// `forms`.
template <class Products, class Pack>
void correlate(Correlation task, KeptForms* forms, std::size_t part, const Context& ctx, const Pack& pack) {
  static constexpr char kPanels = 0, kTransforms = 0;  // the forms' names
  const Winograd winograd(task, ctx.threads());
  const bool transforms = Winograd::fits(task), remade = transforms || Products::kOwnPanels;
  const Index floats = transforms ? winograd.weight_floats() : Products::panel_floats(task);
  KeptForms::Form form{nullptr, false};
  if (forms)
    form = forms->form(part, static_cast<std::size_t>(floats), transforms ? &kTransforms : &kPanels, ctx);

  const Index thread_floats = transforms ? winograd.thread_floats() : StripScratch<Products>(task).floats();
  const Index passing = remade && !form.ready ? task.weight_floats() : 0;  // panels on their way
  float* const weights = ctx.workspace(
      static_cast<std::size_t>(ctx.threads() * thread_floats + passing + (form.memory ? 0 : floats)));
  float* const packed = weights + (form.memory ? 0 : floats);
  if (!form.memory) form.memory = weights;
  if (!form.ready) {
    pack(remade ? packed : form.memory);
    if (transforms)
      winograd.transform_all_weights(form.memory, packed, ctx);
    else
      Products::make_panels(form.memory, packed, task, ctx);
  }
  if (transforms) {
    winograd.run(form.memory, packed + passing, ctx);
  } else {
    task.weights = form.memory;
    correlate_directly<Products>(task, packed + passing, ctx);
  }
}

template <class Pack>
void correlate(const Correlation& task, KeptForms* forms, std::size_t part, const Context& ctx,
               const Pack& pack) {
  if (task.x.shape.c <= kFewChannels)
    correlate<FloatProducts>(task, forms, part, ctx, pack);
  else
    correlate<Products>(task, forms, part, ctx, pack);
}

// weight(r, s, c, k) in rows (r, c) of columns (s, k); there are few.
template <class Weight>
void pack_wide(float* packed, const Correlation& task, Weight weight) {
  const Index columns = task.taps_w * task.channels;
  for (Index panel = 0; panel < panels(columns); ++panel)
    for (Index r = 0; r < task.taps_h; ++r)
      for (Index c = 0; c < task.x.shape.c; ++c)
        for (Index j = panel * kPanel; j < panel * kPanel + panel_width(columns, panel); ++j)
          *packed++ = j < columns ? weight(r, j / task.channels, c, j % task.channels) : 0;
}

// One phase of dgrad: every stride-th row and column of dx is a correlation over dy with the taps that reach
// it. No product with zero is computed, and no two phases write the same place.
void dgrad_phase(View dx, ConstView dy, const Weights& from, Index row, Index column, ConvGeometry geometry,
                 const Context& ctx) {
  const ConstView w = from.view;
  const Phase down(row, w.shape.h, geometry), across(column, w.shape.w, geometry);
  const Index channels = dx.shape.c, pitch = dx.shape.w * channels, stride = geometry.stride;
  Correlation task{.x = dy,
                   .taps_h = down.count,
                   .taps_w = across.count,
                   .stride = 1,
                   .top = down.top,
                   .left = across.top,
                   .rows = ceil_div(dx.shape.h - row, stride),
                   .columns = ceil_div(dx.shape.w - column, stride),
                   .channels = channels,
                   .y = dx.floats() + row * pitch + column * channels,
                   .picture_pitch = dx.shape.h * pitch,
                   .row_pitch = stride * pitch,
                   .column_pitch = stride * channels};
  // Row (r, s, k) of the weights is w[k, tap r, tap s], already in the order of c.
  const auto weights = [&](Index r, Index s, Index k) {
    return w.floats() + ((k * w.shape.h + down.tap(r)) * w.shape.w + across.tap(s)) * channels;
  };
  correlate(task, from.kept, static_cast<std::size_t>(row * stride + column), ctx, [&](float* packed) {
    if (task.wide())
      return pack_wide(packed, task, [&](Index r, Index s, Index k, Index c) { return weights(r, s, k)[c]; });
#pragma omp parallel for collapse(2) schedule(static) num_threads(ctx.threads())
    for (Index panel = 0; panel < panels(channels); ++panel)
      for (Index tap = 0; tap < task.taps_h * task.taps_w; ++tap) {
        const Index width = panel_width(channels, panel), outputs = w.shape.n;
        float* to = packed + panel * kPanel * task.taps() + tap * outputs * width;
        for (Index k = 0; k < outputs; ++k)
          pack_row(to + k * width, weights(tap / task.taps_w, tap % task.taps_w, k) + panel * kPanel,
                   panel_columns(channels, panel), width);
      }
  });
}

}  // namespace

void conv_fprop(View y, ConstView x, const Weights& weights, ConvGeometry geometry, const Context& ctx) {
  const ConstView w = weights.view;
  check_fit(__func__, x.shape, y.shape, w.shape, geometry);
  const Index channels = w.shape.n, row_pitch = y.shape.w * channels;
  Correlation task{.x = x,
                   .taps_h = w.shape.h,
                   .taps_w = w.shape.w,
                   .stride = geometry.stride,
                   .top = -geometry.padding,
                   .left = -geometry.padding,
                   .rows = y.shape.h,
                   .columns = y.shape.w,
                   .channels = channels,
                   .y = y.floats(),
                   .picture_pitch = y.shape.h * row_pitch,
                   .row_pitch = row_pitch,
                   .column_pitch = channels};
  const Index taps = task.taps();
  correlate(task, weights.kept, 0, ctx, [&](float* packed) {
    if (task.wide())
      return pack_wide(packed, task, [&](Index r, Index s, Index c, Index k) {
        return w.floats()[((k * w.shape.h + r) * w.shape.w + s) * w.shape.c + c];
      });
#pragma omp parallel for schedule(dynamic) num_threads(ctx.threads())
    for (Index panel = 0; panel < panels(channels); ++panel)
      pack_transposed(packed + panel * kPanel * taps, w.floats() + panel * kPanel * taps, taps, taps,
                      panel_columns(channels, panel), panel_width(channels, panel));
  });
}

void conv_dgrad(View dx, ConstView dy, const Weights& w, ConvGeometry geometry, const Context& ctx) {
  check_fit(__func__, dx.shape, dy.shape, w.view.shape, geometry);
  for (Index row = 0; row < smaller(geometry.stride, dx.shape.h); ++row)
    for (Index column = 0; column < smaller(geometry.stride, dx.shape.w); ++column)
      dgrad_phase(dx, dy, w, row, column, geometry, ctx);
}

}  // namespace bauta::BAUTA_BACKEND
