// A method's figures against the paper's, in a line.
#pragma once

#include <string>
#include <vector>

#include "cyclegan/evaluation/evaluation.h"
#include "cyclegan/report/paper_figures.h"

namespace bauta {

// One thing that is asked for, and whether it is reached.
struct Target {
  std::string name;
  double measured = 0, wanted = 0;
  bool reached = false;
  std::string text;  // "Re-ID PSNR 43.77 dB (asked 37.44)"
};

// De-ID first: that it is a mosaic, its accuracy, FaceNet's band; then Re-ID's PSNR, SSIM and FaceNet
// similarity. What was not measured is left out.
std::vector<Target> targets_of(const SetEvaluation& evaluation, const PaperFigures& paper = kPaperCelebA);

}  // namespace bauta
