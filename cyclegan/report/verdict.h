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
  std::string measured;  // "43.77"; "not measured"
  std::string wanted;    // "above 37.44, the paper's"
  bool reached = false;
};

// The paper's figures for FFHQ where the set is called so, for CelebA elsewhere.
const PaperFigures& paper_figures_for(const std::string& set);

// De-ID first: that it is a mosaic (but for keyed methods, whose blocks lie under enciphered grain), its
// accuracy, FaceNet's band; then Re-ID's PSNR, SSIM and FaceNet similarity, which count only where De-ID is a
// mosaic. What was not measured is not reached. Without a Re-ID network only De-ID's.
std::vector<Target> targets_of(const SetEvaluation& evaluation);

// Of fewer pictures a verdict is no more than a look.
inline constexpr std::size_t kFewestPictures = 50;

// "celeba: 5 of 6 targets reached, missed: accuracy, % (61.20, wanted above 65.27, the paper's)";
// of few pictures it says so.
std::string verdict_line(const SetEvaluation& evaluation, const std::vector<Target>& targets);

}  // namespace bauta
