#include "cyclegan/evaluation/quality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace bauta {
namespace {

constexpr double kPeak = 255;
constexpr double kSigma = 1.5;
constexpr double kC1 = (0.01 * kPeak) * (0.01 * kPeak);
constexpr double kC2 = (0.03 * kPeak) * (0.03 * kPeak);

void check_sizes(const char* measure, const Image& a, const Image& b) {
  if (a.width != b.width || a.height != b.height)
    throw std::invalid_argument(std::string(measure) + ": the pictures differ in size");
}

Box whole(const Image& image) { return {0, 0, image.width, image.height}; }

std::array<double, kSsimWindow> gaussian() {
  std::array<double, kSsimWindow> weights{};
  double sum = 0;
  for (int i = 0; i < kSsimWindow; ++i) {
    const double distance = i - kSsimWindow / 2;
    sum += weights[static_cast<std::size_t>(i)] = std::exp(-distance * distance / (2 * kSigma * kSigma));
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

// Two channels and their products, row-major.
struct Planes {
  std::size_t width, height;
  std::vector<double> a, b, aa, bb, ab;

  Planes(int w, int h) : width(static_cast<std::size_t>(w)), height(static_cast<std::size_t>(h)) {
    for (auto* plane : {&a, &b, &aa, &bb, &ab}) plane->resize(width * height);
  }
  void set(std::size_t i, double x, double y) {
    a[i] = x, b[i] = y;
    aa[i] = x * x, bb[i] = y * y, ab[i] = x * y;
  }
};

// Row y of the plane under the window whose uppermost row it is. down: plane.width numbers to work in; out:
// plane width - kSsimWindow + 1 numbers.
void weighted_row(const std::vector<double>& plane, std::size_t width, std::size_t y,
                  const std::array<double, kSsimWindow>& weights, std::vector<double>& down,
                  std::vector<double>& out) {
  std::fill(down.begin(), down.end(), 0.0);
  for (std::size_t j = 0; j < kSsimWindow; ++j) {
    const double weight = weights[j];
    const double* row = plane.data() + (y + j) * width;
    for (std::size_t x = 0; x < width; ++x) down[x] += weight * row[x];
  }
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t j = 0; j < kSsimWindow; ++j) {
    const double weight = weights[j];
    const double* from = down.data() + j;
    for (std::size_t x = 0; x < out.size(); ++x) out[x] += weight * from[x];
  }
}

double mean_ssim(const Planes& planes) {
  const auto weights = gaussian();
  const std::size_t columns = planes.width - kSsimWindow + 1, rows = planes.height - kSsimWindow + 1;
  std::vector<double> down(planes.width), a(columns), b(columns), aa(columns), bb(columns), ab(columns);
  double sum = 0;
  for (std::size_t y = 0; y < rows; ++y) {
    const auto weigh = [&](const std::vector<double>& plane, std::vector<double>& out) {
      weighted_row(plane, planes.width, y, weights, down, out);
    };
    weigh(planes.a, a), weigh(planes.b, b);
    weigh(planes.aa, aa), weigh(planes.bb, bb), weigh(planes.ab, ab);
    for (std::size_t x = 0; x < columns; ++x) {
      const double product = a[x] * b[x], squares = a[x] * a[x] + b[x] * b[x];
      sum += (2 * product + kC1) * (2 * (ab[x] - product) + kC2) /
             ((squares + kC1) * (aa[x] + bb[x] - squares + kC2));
    }
  }
  return sum / static_cast<double>(rows * columns);
}

}  // namespace

double psnr(const Image& a, const Image& b) { return psnr(a, b, whole(a)); }

double psnr(const Image& a, const Image& b, const Box& box) {
  check_sizes("psnr", a, b);
  const Box inside = intersection(box, whole(a));
  if (inside.area() == 0) throw std::invalid_argument("psnr: no pixel of the box lies in the picture");
  std::int64_t squares = 0;
  for (int y = inside.y; y < inside.y + inside.height; ++y) {
    const std::uint8_t *p = a.at(inside.x, y), *q = b.at(inside.x, y);
    for (int i = 0; i < 3 * inside.width; ++i) squares += (p[i] - q[i]) * (p[i] - q[i]);
  }
  if (squares == 0) return std::numeric_limits<double>::infinity();
  const double mean_square = static_cast<double>(squares) / (3 * static_cast<double>(inside.area()));
  return 10 * std::log10(kPeak * kPeak / mean_square);
}

double mean_distance(const Image& a, const Image& b, const Box& box) {
  const Box part = intersection(box, {0, 0, a.width, a.height});
  std::int64_t sum = 0;
  for (int y = part.y; y < part.y + part.height; ++y)
    for (int i = 0; i < 3 * part.width; ++i) sum += std::abs(a.at(part.x, y)[i] - b.at(part.x, y)[i]);
  return static_cast<double>(sum) / static_cast<double>(std::max<std::int64_t>(1, 3 * part.area()));
}

Ssim ssim(const Image& a, const Image& b) {
  check_sizes("ssim", a, b);
  if (a.width < kSsimWindow || a.height < kSsimWindow)
    throw std::invalid_argument("ssim: a side has less than " + std::to_string(kSsimWindow) + " pixels");
  Planes planes(a.width, a.height);
  const std::size_t count = planes.a.size();
  Ssim result;
  const auto grey_a = to_grey(a), grey_b = to_grey(b);
  for (std::size_t i = 0; i < count; ++i) planes.set(i, grey_a[i], grey_b[i]);
  result.luma = mean_ssim(planes);
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < count; ++i) planes.set(i, a.pixels[3 * i + c], b.pixels[3 * i + c]);
    result.rgb += mean_ssim(planes) / 3;
  }
  return result;
}

Ssim ssim(const Image& a, const Image& b, const Box& box) {
  check_sizes("ssim", a, b);
  const Box inside = intersection(box, whole(a));
  if (inside.area() == 0) throw std::invalid_argument("ssim: no pixel of the box lies in the picture");
  return ssim(crop(a, inside), crop(b, inside));
}

}  // namespace bauta
