// How fast the convolutions of the networks are, beside a plain matrix product by Eigen of the same size.
//
//   eigen_convolution [threads, 0: all] [part of a layer's name] [backend]
#include <Eigen/Core>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "kernels/backend.h"
#include "kernels/context.h"

namespace bauta {
namespace {

struct Layer {
  const char* name;
  Shape x, w;  // w (K,R,S,C)
  ConvGeometry geometry;

  Shape y() const { return {x.n, geometry.output_size(x.h, w.h), geometry.output_size(x.w, w.w), w.n}; }
  double flops() const { return 2.0 * static_cast<double>(y().count() * w.count()) / w.n; }
};

const Layer kLayers[] = {
    {"residual 64x64x256", {1, 66, 66, 256}, {256, 3, 3, 256}, {1, 0}},
    {"residual 32x32x256", {1, 34, 34, 256}, {256, 3, 3, 256}, {1, 0}},
    {"residual 32x32x128", {1, 34, 34, 128}, {128, 3, 3, 128}, {1, 0}},
    {"first 7x7 128x128 3-32", {1, 134, 134, 3}, {32, 7, 7, 3}, {1, 0}},
    {"first 7x7 256x256 3-64", {1, 262, 262, 3}, {64, 7, 7, 3}, {1, 0}},
    {"last 7x7 128x128 32-3", {1, 134, 134, 32}, {3, 7, 7, 32}, {1, 0}},
    {"last 7x7 256x256 64-3", {1, 262, 262, 64}, {3, 7, 7, 64}, {1, 0}},
    {"down 3x3/2 256x256 64-128", {1, 256, 256, 64}, {128, 3, 3, 64}, {2, 1}},
    {"down 3x3/2 128x128 128-256", {1, 128, 128, 128}, {256, 3, 3, 128}, {2, 1}},
    {"disc 4x4/2 256x256 3-64", {1, 256, 256, 3}, {64, 4, 4, 3}, {2, 1}},
    {"disc 4x4/2 128x128 64-128", {1, 128, 128, 64}, {128, 4, 4, 64}, {2, 1}},
    {"disc 4x4/2 64x64 128-256", {1, 64, 64, 128}, {256, 4, 4, 128}, {2, 1}},
    {"disc 4x4 32x32 256-512", {1, 32, 32, 256}, {512, 4, 4, 256}, {1, 1}},
    {"disc 4x4 31x31 512-1", {1, 31, 31, 512}, {1, 4, 4, 512}, {1, 1}},
    {"pointwise 28x28 256-128", {4, 28, 28, 256}, {128, 1, 1, 256}, {1, 0}},
};

// The median of several runs after one to warm up, in seconds.
double seconds(const std::function<void()>& run) {
  std::vector<double> times;
  double total = 0;
  run();
  while (times.size() < 5 || (total < 0.3 && times.size() < 100)) {
    const auto start = std::chrono::steady_clock::now();
    run();
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    total += times.back();
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

// FLOP/s of Eigen's own product; no side longer than 4096, where its rate no longer changes.
double eigen_rate(std::size_t rows, std::size_t columns, std::size_t depth) {
  using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const auto side = [](std::size_t size) {
    return static_cast<Eigen::Index>(std::min<std::size_t>(size, 4096));
  };
  const Matrix a = Matrix::Random(side(rows), side(depth)), b = Matrix::Random(side(depth), side(columns));
  Matrix c(a.rows(), b.cols());
  return 2.0 * static_cast<double>(a.rows() * a.cols() * b.cols()) / seconds([&] { c.noalias() = a * b; });
}

void measure(const Layer& layer, const Context& ctx) {
  const auto fill = [](const Shape& shape) {
    std::vector<float> values(shape.count());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 13) - 6;
    return values;
  };
  std::vector<float> x = fill(layer.x), w = fill(layer.w), y = fill(layer.y());
  const View x_view{x.data(), layer.x}, w_view{w.data(), layer.w}, y_view{y.data(), layer.y()};
  const Backend& backend = ctx.backend();
  const auto report = [&](const char* pass, double time, double eigen) {
    const double rate = layer.flops() / time;
    std::printf("%-28s %-6s %9.3f %9.1f %9.1f %6.2f\n", layer.name, pass, time * 1e3, rate / 1e9, eigen / 1e9,
                rate / eigen);
  };
  const std::size_t positions = layer.y().count() / static_cast<std::size_t>(layer.w.n);
  const std::size_t pixels = layer.x.count() / static_cast<std::size_t>(layer.x.c);
  const auto channels_in = static_cast<std::size_t>(layer.w.c),
             channels_out = static_cast<std::size_t>(layer.w.n);
  const std::size_t window = static_cast<std::size_t>(layer.w.h) * static_cast<std::size_t>(layer.w.w);
  report("fprop", seconds([&] { backend.conv_fprop(y_view, x_view, w_view, layer.geometry, ctx); }),
         eigen_rate(positions, channels_out, window * channels_in));
  report("dgrad", seconds([&] { backend.conv_dgrad(x_view, y_view, w_view, layer.geometry, ctx); }),
         eigen_rate(pixels, channels_in, window * channels_out));
  // Values grow with each run into the next layer's pass; start wgrad from plain ones.
  x = fill(layer.x), y = fill(layer.y());
  report("wgrad", seconds([&] {
           backend.conv_wgrad(w_view, {x.data(), layer.x}, {y.data(), layer.y()}, layer.geometry,
                              GradMode::Overwrite, ctx);
         }),
         eigen_rate(channels_out, window * channels_in, positions));
}

}  // namespace
}  // namespace bauta

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 0;
  const std::string wanted = argc > 2 ? argv[2] : "";
  const bauta::Context ctx(argc > 3 ? bauta::backend_by_name(argv[3]) : *bauta::available_backends().front(),
                           threads);
  Eigen::setNbThreads(ctx.threads());
  std::printf("%s, %d threads\n%-28s %-6s %9s %9s %9s %6s\n", ctx.backend().name, ctx.threads(), "layer",
              "pass", "ms", "GFLOP/s", "Eigen", "ratio");
  for (const bauta::Layer& layer : bauta::kLayers)
    if (std::string(layer.name).find(wanted) != std::string::npos) bauta::measure(layer, ctx);
}
