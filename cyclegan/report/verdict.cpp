#include "cyclegan/report/verdict.h"

#include <algorithm>

#include "cyclegan/report/text.h"

namespace bauta {

namespace {

// Of the pictures whose FaceNet similarity to the ID picture is to lie in the paper's band, and what its
// Re-ID pictures have "predominantly" (section 5.2: 0.8 to 1); the project asks for more.
constexpr double kShareInBand = 0.95;
constexpr double kReidCosine = 0.9;
constexpr double kMostMeanDeviation =
    2;  // grey levels: from here on one begins to see something in the blocks

}  // namespace

std::vector<Target> targets_of(const SetEvaluation& evaluation, const PaperFigures& paper) {
  const MethodFigures& model = evaluation.model;
  std::vector<Target> targets;
  const auto above = [&](const std::string& name, const std::optional<Figure>& figure, double wanted,
                         int digits, const std::string& whose, double factor = 1) {
    if (figure)
      targets.push_back({name, fixed_text(factor * figure->mean, digits),
                         "above " + fixed_text(factor * wanted, digits) + whose, figure->mean > wanted});
  };
  const std::string papers = ", the paper's";
  if (model.deviation)
    targets.push_back({"De-ID: grey levels from its blocks' means", fixed_text(model.deviation->mean, 2),
                       "at most " + fixed_text(kMostMeanDeviation, 0),
                       model.deviation->mean <= kMostMeanDeviation});
  above("anonymization accuracy, %", model.accuracy, paper.accuracy, 2, papers, 100);
  const auto facenet = std::ranges::find(model.identity, std::string("facenet"), &IdentityFigures::name);
  const bool measured = facenet != model.identity.end();
  if (measured)
    above("De-ID pictures that FaceNet puts within ±0.4, %", facenet->within_band, kShareInBand, 1, "", 100);
  above("Re-ID PSNR, dB", model.psnr.reid, paper.psnr_reid, 2, papers);
  above("Re-ID SSIM", model.ssim.reid, paper.ssim_reid, 4, papers);
  if (measured) above("Re-ID FaceNet similarity", facenet->cosine.reid, kReidCosine, 3, "");
  return targets;
}

std::string verdict_line(const SetEvaluation& evaluation, const std::vector<Target>& targets) {
  const auto reached = std::ranges::count(targets, true, &Target::reached);
  std::string line = evaluation.set.name + ": " + std::to_string(reached) + " of " +
                     std::to_string(targets.size()) + " targets reached";
  std::string missed;
  for (const Target& target : targets)
    if (!target.reached)
      missed += (missed.empty() ? "; missed: " : ", ") + target.name + " (" + target.measured + ", wanted " +
                target.wanted + ")";
  return line + missed;
}

}  // namespace bauta
