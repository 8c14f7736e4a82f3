// How near one picture is to another. Xu et al. 2024, §5.2, eqs. 7 and 8.
#pragma once

#include "io/box.h"
#include "io/image.h"

namespace bauta {

// Peak signal-to-noise ratio in dB (eq. 7): 10 log10(255^2 / MSE), the mean squared error over the pixels of
// all three channels together; infinite where the pictures are equal. With a box: over its part inside the
// pictures. Throws std::invalid_argument if the sizes differ or there is no pixel to compare.
double psnr(const Image& a, const Image& b);
double psnr(const Image& a, const Image& b, const Box& box);

// Mean absolute difference over the box's part inside the pictures and their channels, grey levels; 0 where
// nothing of it is inside.
double mean_distance(const Image& a, const Image& b, const Box& box);

// Structural similarity (eq. 8), -1 to 1; both are common, papers seldom say which is theirs.
struct Ssim {
  double luma = 0;  // of to_grey's bytes
  double rgb = 0;   // the mean of the three channels'
};

// Wang et al., "Image Quality Assessment", IEEE Trans. Image Processing 13(4), 2004: means, variances and
// covariances under a Gaussian window of 11x11 pixels, sigma 1.5, its weights summing to 1, no bias
// correction; C1 = (0.01 * 255)^2, C2 = (0.03 * 255)^2; the mean over the places where the whole window lies
// in the picture. What scikit-image calls structural_similarity(gaussian_weights=True, sigma=1.5,
// use_sample_covariance=False, data_range=255). With a box: of its part inside the pictures, cut out first.
// Throws std::invalid_argument if the sizes differ or a side has less than kSsimWindow pixels.
inline constexpr int kSsimWindow = 11;
Ssim ssim(const Image& a, const Image& b);
Ssim ssim(const Image& a, const Image& b, const Box& box);

}  // namespace bauta
