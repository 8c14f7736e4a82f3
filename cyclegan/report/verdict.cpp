#include "cyclegan/report/verdict.h"

#include <algorithm>
#include <cctype>

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

const PaperFigures& paper_figures_for(const std::string& set) {
  std::string lower = set;
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower.find("ffhq") == lower.npos ? kPaperCelebA : kPaperFfhq;
}

std::vector<Target> targets_of(const SetEvaluation& evaluation) {
  const PaperFigures& paper = paper_figures_for(evaluation.set.name);
  const MethodFigures& model = evaluation.model;
  const bool mosaic = model.deviation && model.deviation->mean <= kMostMeanDeviation;
  std::vector<Target> targets;
  const auto above = [&](const std::string& name, const std::optional<Figure>& figure, double wanted,
                         int digits, const std::string& whose, double factor = 1, bool counts = true,
                         bool or_equal = false) {
    const std::string asked =
        (or_equal ? "at least " : "above ") + fixed_text(factor * wanted, digits) + whose;
    if (!figure)
      targets.push_back({name, "not measured", asked, false});
    else
      targets.push_back(
          {name, fixed_text(factor * figure->mean, digits) + (counts ? "" : ", but De-ID is no mosaic"),
           asked, counts && (figure->mean > wanted || (or_equal && figure->mean == wanted))});
  };
  const std::string papers = std::string(", the paper's for ") + paper.set;
  targets.push_back({"De-ID: grey levels from its blocks' means",
                     model.deviation ? fixed_text(model.deviation->mean, 2) : "not measured",
                     "at most " + fixed_text(kMostMeanDeviation, 0), mosaic});
  above("anonymization accuracy, %", model.accuracy, paper.accuracy, 2, papers, 100);
  const auto facenet = std::ranges::find(model.identity, std::string("facenet"), &IdentityFigures::name);
  const bool judged = facenet != model.identity.end();
  above("De-ID pictures that FaceNet puts within ±0.4, %", judged ? facenet->within_band : std::nullopt,
        kShareInBand, 1, "", 100, true, true);
  if (!model.reversible) return targets;
  above("Re-ID PSNR, dB", model.psnr.reid, paper.psnr_reid, 2, papers, 1, mosaic);
  above("Re-ID SSIM", model.ssim.reid, paper.ssim_reid, 4, papers, 1, mosaic);
  above("Re-ID FaceNet similarity", judged ? facenet->cosine.reid : std::nullopt, kReidCosine, 3, "", 1,
        mosaic, true);
  return targets;
}

std::string verdict_line(const SetEvaluation& evaluation, const std::vector<Target>& targets) {
  const auto reached = std::ranges::count(targets, true, &Target::reached);
  std::string line = evaluation.set.name + ": " + std::to_string(reached) + " of " +
                     std::to_string(targets.size()) + " targets reached";
  std::string missed;
  for (const Target& target : targets)
    if (!target.reached)
      missed += (missed.empty() ? ", missed: " : ", ") + target.name + " (" + target.measured + ", wanted " +
                target.wanted + ")";
  const std::size_t count = evaluation.set.subjects.size();
  if (count < kFewestPictures) line += " on " + count_text(count, "picture") + ", too few to rely on";
  return line + missed;
}

}  // namespace bauta
