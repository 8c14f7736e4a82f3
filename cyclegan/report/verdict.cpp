#include "cyclegan/report/verdict.h"

#include <algorithm>
#include <cstdio>

namespace bauta {

namespace {

// Of the pictures whose FaceNet similarity to the ID picture is to lie in the paper's band, and what its
// Re-ID pictures have "predominantly" (section 5.2: 0.8 to 1); the project asks for more.
constexpr double kShareInBand = 0.95;
constexpr double kReidCosine = 0.9;
constexpr double kMostMeanDeviation =
    2;  // grey levels: from here on one begins to see something in the blocks

void add(std::vector<Target>& targets, const std::string& name, double measured, double wanted, bool reached,
         const char* format) {
  char text[160];
  std::snprintf(text, sizeof text, format, measured, wanted);
  targets.push_back({name, measured, wanted, reached, name + " " + text});
}

}  // namespace

std::vector<Target> targets_of(const SetEvaluation& evaluation, const PaperFigures& paper) {
  const MethodFigures& model = evaluation.model;
  std::vector<Target> targets;
  if (model.deviation) {
    const double deviation = model.deviation->mean;
    add(targets, "De-ID is a mosaic to", deviation, kMostMeanDeviation, deviation <= kMostMeanDeviation,
        "%.2f grey levels (at most %.0f)");
  }
  if (model.accuracy)
    add(targets, "accuracy", 100 * model.accuracy->mean, 100 * paper.accuracy,
        model.accuracy->mean > paper.accuracy, "%.2f %% (paper %.2f %%)");
  const auto facenet = std::ranges::find(model.identity, std::string("facenet"), &IdentityFigures::name);
  const bool measured = facenet != model.identity.end();
  if (measured && facenet->within_band)
    add(targets, "FaceNet within ±0.4 of zero for", 100 * facenet->within_band->mean, 100 * kShareInBand,
        facenet->within_band->mean >= kShareInBand, "%.1f %% of the De-ID pictures (asked %.0f %%)");
  if (model.psnr.reid)
    add(targets, "Re-ID PSNR", model.psnr.reid->mean, paper.psnr_reid,
        model.psnr.reid->mean > paper.psnr_reid, "%.2f dB (paper %.2f)");
  if (model.ssim.reid)
    add(targets, "Re-ID SSIM", model.ssim.reid->mean, paper.ssim_reid,
        model.ssim.reid->mean > paper.ssim_reid, "%.4f (paper %.4f)");
  if (measured && facenet->cosine.reid)
    add(targets, "Re-ID FaceNet similarity", facenet->cosine.reid->mean, kReidCosine,
        facenet->cosine.reid->mean >= kReidCosine, "%.3f (asked %.1f)");
  return targets;
}

}  // namespace bauta
