#include "cyclegan/evaluation/quality.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "tests/cyclegan/anonymizer_pictures.h"
#include "tests/cyclegan/evaluation_golden.h"

using namespace bauta;
using test::smooth_picture;

TEST_CASE("PSNR and SSIM are scikit-image's") {
  const test::EvaluationGolden golden;
  const Image clear = golden.picture("clear");
  for (const auto& [name, expected] : golden.expected.at("quality").items()) {
    CAPTURE(name);
    const Image other = golden.picture(name);
    const auto close = [&expected = expected](double actual, const char* measure, double tolerance) {
      CAPTURE(measure);
      CHECK(std::abs(actual - expected.at(measure).get<double>()) < tolerance);
    };
    close(psnr(clear, other), "psnr", 1e-9);
    close(psnr(clear, other, golden.box()), "psnr_box", 1e-9);
    const Ssim whole = ssim(clear, other), box = ssim(clear, other, golden.box());
    close(whole.luma, "ssim_luma", 1e-9);
    close(whole.rgb, "ssim_rgb", 1e-9);
    close(box.luma, "ssim_luma_box", 1e-9);
    close(box.rgb, "ssim_rgb_box", 1e-9);
  }
}

TEST_CASE("a picture is equal to itself: SSIM 1, PSNR infinite") {
  const Image picture = smooth_picture(40, 30);
  CHECK(std::isinf(psnr(picture, picture)));
  CHECK(ssim(picture, picture).luma == doctest::Approx(1).epsilon(1e-12));
  CHECK(ssim(picture, picture).rgb == doctest::Approx(1).epsilon(1e-12));
}

TEST_CASE("PSNR of one level in one channel of one pixel, inside and outside the box") {
  const Image a = smooth_picture(20, 10);
  Image b = a;
  b.at(3, 4)[1] = static_cast<std::uint8_t>(b.at(3, 4)[1] + 1);
  CHECK(psnr(a, b) == doctest::Approx(10 * std::log10(255.0 * 255 * 600)));
  CHECK(psnr(a, b, {3, 4, 1, 1}) == doctest::Approx(10 * std::log10(255.0 * 255 * 3)));
  CHECK(psnr(a, b, {-5, -5, 9, 10}) == doctest::Approx(10 * std::log10(255.0 * 255 * 3 * 20)));
  CHECK(std::isinf(psnr(a, b, {4, 4, 16, 6})));
}

TEST_CASE("PSNR and SSIM refuse what cannot be compared") {
  const Image picture = smooth_picture(20, 12);
  CHECK_THROWS_AS(psnr(picture, smooth_picture(12, 20)), std::invalid_argument);
  CHECK_THROWS_AS(psnr(picture, picture, {20, 0, 5, 5}), std::invalid_argument);
  CHECK_THROWS_AS(ssim(picture, smooth_picture(20, 13)), std::invalid_argument);
  CHECK_THROWS_AS(ssim(smooth_picture(20, 10), smooth_picture(20, 10)), std::invalid_argument);
  CHECK_THROWS_AS(ssim(picture, picture, {0, 0, 20, 10}), std::invalid_argument);
  CHECK_THROWS_AS(ssim(picture, picture, {0, 12, 20, 11}), std::invalid_argument);
  CHECK_NOTHROW(ssim(picture, picture, {-3, -3, 14, 14}));
}
