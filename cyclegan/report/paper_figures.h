// What Xu et al. 2024 report, to stand beside what is measured here. Their text gives no averages for Table
// 1, nor for the different people of Table 2.
#pragma once

namespace bauta {

struct PaperFigures {
  const char* set;
  double accuracy;              // section 5.1
  double psnr_deid, ssim_deid;  // section 5.2, Table 2
  double psnr_reid, ssim_reid;
};

inline constexpr PaperFigures kPaperCelebA{"CelebA", 0.6527, 20.87, 0.4231, 37.44, 0.9017};
inline constexpr PaperFigures kPaperFfhq{"FFHQ", 0.5843, 19.26, 0.3648, 35.21, 0.8823};

}  // namespace bauta
