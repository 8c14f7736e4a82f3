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
  // Under a key the grain over the blocks is noise by construction, and k says how much.
  const bool mosaic = model.keyed || (model.deviation && model.deviation->mean <= kMostMeanDeviation);
  std::vector<Target> targets;
  bool counts = true;
  const auto ask = [&](const std::string& name, const std::optional<Figure>& figure, int digits,
                       double factor, const std::string& wanted, bool reached) {
    targets.push_back(
        {name,
         !figure ? "not measured"
                 : fixed_text(factor * figure->mean, digits) + (counts ? "" : ", but De-ID is no mosaic"),
         wanted, figure && counts && reached});
  };
  const auto above = [&](const std::string& name, const std::optional<Figure>& figure, double bound,
                         int digits, double factor = 1) {
    ask(name, figure, digits, factor,
        "above " + fixed_text(factor * bound, digits) + ", the paper's for " + paper.set,
        figure && figure->mean > bound);
  };
  const auto at_least = [&](const std::string& name, const std::optional<Figure>& figure, double bound,
                            int digits, double factor = 1) {
    ask(name, figure, digits, factor, "at least " + fixed_text(factor * bound, digits),
        figure && figure->mean >= bound);
  };
  if (!model.keyed)
    targets.push_back({"De-ID: grey levels from its blocks' means",
                       model.deviation ? fixed_text(model.deviation->mean, 2) : "not measured",
                       "at most " + fixed_text(kMostMeanDeviation, 0), mosaic});
  above("anonymization accuracy, %", model.accuracy, paper.accuracy, 2, 100);
  const auto facenet = std::ranges::find(model.identity, std::string("facenet"), &IdentityFigures::name);
  const bool judged = facenet != model.identity.end();
  at_least("De-ID pictures that FaceNet puts within ±0.4, %", judged ? facenet->within_band : std::nullopt,
           kShareInBand, 1, 100);
  if (!model.reversible) return targets;
  counts = mosaic;
  above("Re-ID PSNR, dB", model.psnr.reid, paper.psnr_reid, 2);
  above("Re-ID SSIM", model.ssim.reid, paper.ssim_reid, 4);
  at_least("Re-ID FaceNet similarity", judged ? facenet->cosine.reid : std::nullopt, kReidCosine, 3);
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
  if (count < kFewestPictures) line += " on " + counted(count, "picture") + ", too few to rely on";
  return line + missed;
}

}  // namespace bauta
