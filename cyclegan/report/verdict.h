// A method's figures against the paper's, in a line.
#pragma once

#include <string>
#include <vector>

#include "cyclegan/evaluation/evaluation.h"
#include "cyclegan/report/paper_figures.h"

namespace bauta {

// One thing that is asked for, and whether it is reached.
struct Target {
  std::string name;      // "Re-ID PSNR, dB"
  std::string measured;  // "43.77"
  std::string wanted;    // "above 37.44, the paper's"
  bool reached = false;
};

// De-ID first: that it is a mosaic, its accuracy, FaceNet's band; then Re-ID's PSNR, SSIM and FaceNet
// similarity. What was not measured is left out.
std::vector<Target> targets_of(const SetEvaluation& evaluation, const PaperFigures& paper = kPaperCelebA);

// "celeba: 5 of 6 targets reached; missed: accuracy, % (61.20, wanted above 65.27, the paper's)"
std::string verdict_line(const SetEvaluation& evaluation, const std::vector<Target>& targets);

}  // namespace bauta
