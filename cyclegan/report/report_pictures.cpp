#include "cyclegan/report/report_pictures.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>

#include "cyclegan/report/report_chapters.h"
#include "cyclegan/report/sheets.h"

namespace bauta {

namespace {

constexpr std::size_t kShown = 8;
constexpr std::size_t kWorst = 4;

std::size_t shown(const SetEvaluation& evaluation) {
  return std::min(kShown, evaluation.set.subjects.size());
}

// A row a kind of picture, a column a subject.
Image sheet(const std::vector<std::size_t>& subjects,
            const std::vector<std::function<Image(std::size_t)>>& kinds) {
  std::vector<std::vector<Image>> rows;
  for (const auto& kind : kinds) {
    std::vector<Image>& row = rows.emplace_back();
    for (std::size_t i : subjects) row.push_back(enlarged(kind(i)));
  }
  return picture_sheet(rows);
}

std::vector<std::size_t> first(std::size_t count) {
  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

// The subjects with the largest finite values, the largest first.
std::vector<std::size_t> largest(std::vector<double> values, std::size_t count) {
  std::vector<std::size_t> order = first(values.size());
  std::erase_if(order, [&](std::size_t i) { return !std::isfinite(values[i]); });
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t i) { return values[i]; });
  order.resize(std::min(count, order.size()));
  return order;
}

std::string text_of(const char* format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::vector<std::string> names_with(const SetEvaluation& evaluation, const std::vector<std::size_t>& subjects,
                                    const char* format, const std::vector<double>& values) {
  std::vector<std::string> names;
  for (std::size_t i : subjects)
    names.push_back(evaluation.set.subjects[i].name + ": " + text_of(format, values[i]));
  return names;
}

}  // namespace

std::vector<ReportPicture> paper_pictures(const SetEvaluation& evaluation) {
  const std::vector<Subject>& subjects = evaluation.set.subjects;
  const MethodFigures& model = evaluation.model;
  const auto id = [&](std::size_t i) { return subjects[i].clear; };
  const auto deid = [&](std::size_t i) { return model.pictures[i].hidden; };
  const auto reid = [&](std::size_t i) { return model.pictures[i].restored; };
  const std::vector<std::size_t> few = first(shown(evaluation));
  std::vector<std::string> names, accuracies;
  for (std::size_t i : few) {
    names.push_back(subjects[i].name);
    const auto accuracy = model.pictures[i].accuracy.accuracy();
    accuracies.push_back(accuracy ? text_of("%.2f %%", 100 * *accuracy) : "no complex pixel");
  }
  std::vector<ReportPicture> pictures;
  pictures.push_back(
      {"fig6-deid", "Fig. 6: ID pictures above, De-ID pictures below.", names, sheet(few, {id, deid})});
  pictures.push_back(
      {"fig7-accuracy",
       "Fig. 7: complexity of the ID picture (complex pixels blue), and of the De-ID picture, in yellow the "
       "pixels that "
       "are wrongly anonymized; the accuracy above.",
       accuracies,
       sheet(few, {[&](std::size_t i) { return complexity_picture(pixel_complexity(subjects[i].clear)); },
                   [&](std::size_t i) {
                     return accuracy_picture(pixel_complexity(subjects[i].clear),
                                             pixel_complexity(model.pictures[i].hidden), subjects[i].box());
                   }})});
  if (model.reversible)
    pictures.push_back(
        {"fig8-reid", "Fig. 8: ID pictures above, Re-ID pictures below.", names, sheet(few, {id, reid})});
  return pictures;
}

std::vector<ReportPicture> baseline_pictures(const SetEvaluation& evaluation) {
  const auto id = [&](std::size_t i) { return evaluation.set.subjects[i].clear; };
  std::vector<ReportPicture> pictures;
  for (const MethodFigures& baseline : evaluation.baselines) {
    std::vector<std::size_t> kept = first(shown(evaluation));
    std::erase_if(kept, [&](std::size_t i) { return baseline.pictures[i].hidden.pixels.empty(); });
    if (kept.empty()) continue;
    std::vector<std::string> names;
    for (std::size_t i : kept) names.push_back(evaluation.set.subjects[i].name);
    std::vector<std::function<Image(std::size_t)>> kinds{
        id, [&](std::size_t i) { return baseline.pictures[i].hidden; }};
    std::string caption = baseline.name + ": ID pictures, what is published";
    if (baseline.reversible) {
      kinds.push_back([&](std::size_t i) { return baseline.pictures[i].restored; });
      caption += ", what comes back";
    }
    if (baseline.keyed) {
      kinds.push_back([&](std::size_t i) { return baseline.pictures[i].misread; });
      caption += ", what another key makes of it";
    }
    pictures.push_back({"baseline-" + baseline.name, caption + ".", names, sheet(kept, kinds)});
  }
  return pictures;
}

std::vector<ReportPicture> worst_pictures(const SetEvaluation& evaluation) {
  const std::vector<Subject>& subjects = evaluation.set.subjects;
  const MethodFigures& model = evaluation.model;
  const auto id = [&](std::size_t i) { return subjects[i].clear; };
  const auto deid = [&](std::size_t i) { return model.pictures[i].hidden; };
  std::vector<double> deviations, errors;
  for (const Judgement& judgement : model.pictures) {
    deviations.push_back(judgement.deviation);
    errors.push_back(-judgement.reid.psnr);
  }
  std::vector<ReportPicture> pictures;
  std::vector<std::size_t> worst = largest(deviations, kWorst);
  pictures.push_back(
      {"worst-deviation",
       "The De-ID pictures that are least of a mosaic: grey levels from their own blocks' means.",
       names_with(evaluation, worst, "%.2f levels", deviations), sheet(worst, {id, deid})});
  if (!model.identity.empty()) {
    const IdentityFigures& judge = model.identity.back();
    worst = largest(judge.deid_cosines, kWorst);
    if (!worst.empty())
      pictures.push_back(
          {"worst-linked",
           "The De-ID pictures that " + title_of(judge.name) + " finds most like the ID picture.",
           names_with(evaluation, worst, "cosine %.3f", judge.deid_cosines), sheet(worst, {id, deid})});
  }
  if (model.reversible) {
    worst = largest(errors, kWorst);
    for (double& error : errors) error = -error;
    pictures.push_back({"worst-reid", "The Re-ID pictures that are farthest from the ID picture.",
                        names_with(evaluation, worst, "%.2f dB", errors),
                        sheet(worst, {id, deid, [&](std::size_t i) { return model.pictures[i].restored; }})});
  }
  return pictures;
}

}  // namespace bauta
