#include <algorithm>
#include <cmath>

#include "cyclegan/report/charts.h"
#include "cyclegan/report/html.h"
#include "cyclegan/report/report.h"
#include "cyclegan/report/report_chapters.h"
#include "cyclegan/report/report_pictures.h"
#include "cyclegan/report/text.h"
#include "cyclegan/report/verdict.h"

namespace bauta {

namespace {

void write_verdict(HtmlPage& page, const SetEvaluation& evaluation) {
  const std::vector<Target> targets = targets_of(evaluation);
  std::string reasons;
  for (const IdentityFigures& identity : evaluation.model.identity) {
    const auto& found = identity.deid.linked();
    if (!found) continue;
    reasons +=
        title_of(identity.name) + " still links " + fixed_text(100 * found->tar_at_far_1pct.mean, 1) +
        " % of the De-ID pictures to " +
        (identity.deid.other_photograph ? "another photograph of the person" : "their own photograph") +
        " at a false accept rate of 1 % (" + std::to_string(found->genuine) + " pairs). ";
  }
  if (const auto& hidden = evaluation.model.face_hidden; hidden && hidden->mean < 1)
    reasons += "bauta deid would refuse " + fixed_text(100 * (1 - hidden->mean), 1) +
               " % of these De-ID pictures and write the plain mosaic instead.";
  const bool all =
      std::ranges::all_of(targets, &Target::reached) && evaluation.set.subjects.size() >= kFewestPictures;
  const bool mosaic = !targets.empty() && targets.front().reached;
  page.verdict(all      ? VerdictTone::Good
               : mosaic ? VerdictTone::Mixed
                        : VerdictTone::Bad,
               verdict_line(evaluation, targets) + ".", reasons);
  HtmlTable table{evaluation.set.name + ": what is asked for.", {"", "measured", "wanted", "reached"}, {}};
  for (const Target& target : targets)
    table.rows.push_back({target.name, target.measured, target.wanted, target.reached ? "yes" : "no"});
  page.table(table);
}

void write_fidelity(HtmlPage& page, const SetEvaluation& evaluation) {
  const MethodFigures& model = evaluation.model;
  const Yardstick& yardstick = evaluation.yardstick;
  page.subheading("Fidelity (Table 2)");
  HtmlTable table{
      "PSNR (eq. 7, RGB) and SSIM (eq. 8; Gaussian 11x11, sigma 1.5) against the ID picture, after an 8-bit "
      "PNG: mean and 95 % interval.",
      {"", "De-ID", "Re-ID", "different people"},
      {}};
  table.rows.push_back({"PSNR, dB", figure_text(model.psnr.deid, 2), figure_text(model.psnr.reid, 2),
                        figure_text(yardstick.psnr, 2)});
  table.rows.push_back({"PSNR in the face, dB", figure_text(model.psnr_face.deid, 2),
                        figure_text(model.psnr_face.reid, 2), "–"});
  table.rows.push_back({"SSIM, RGB", figure_text(model.ssim.deid, 4), figure_text(model.ssim.reid, 4),
                        figure_text(yardstick.ssim, 4)});
  table.rows.push_back({"SSIM, luma", figure_text(model.ssim_luma.deid, 4),
                        figure_text(model.ssim_luma.reid, 4), figure_text(yardstick.ssim_luma, 4)});
  for (const PaperFigures& paper : {kPaperCelebA, kPaperFfhq}) {
    const std::string of = std::string("the paper, ") + paper.set;
    table.rows.push_back(
        {of + ": PSNR, dB", fixed_text(paper.psnr_deid, 2), fixed_text(paper.psnr_reid, 2), "–"});
    table.rows.push_back(
        {of + ": SSIM", fixed_text(paper.ssim_deid, 4), fixed_text(paper.ssim_reid, 4), "–"});
  }
  page.table(table);
  page.table({"Is De-ID a mosaic? A Re-ID figure counts only where it is.",
              {"", "mean"},
              {{"distance from its own blocks' means, grey levels", figure_text(model.deviation, 2)},
               {"PSNR to the plain mosaic, in the face, dB", figure_text(model.mosaic_psnr, 2)},
               {"pictures that bauta deid takes for hidden, %", percent(model.face_hidden)}}});
}

void write_accuracy(HtmlPage& page, const SetEvaluation& evaluation) {
  const MethodFigures& model = evaluation.model;
  page.subheading("Anonymization accuracy");
  page.paragraph(
      "Share of the ID picture's complex pixels (eq. 5 above the threshold T) that are treated rightly: "
      "smooth now in the "
      "face, complex still in the background. A background that is left alone helps; so the face by itself "
      "stands beside "
      "it. The accuracy depends on T, which the paper does not name, and on the pictures' size: compare at "
      "one size only.");
  page.table({"Anonymization accuracy at T = " + fixed_text(kComplexityThreshold, 0) + ", %.",
              {"", "mean"},
              {{"whole picture", percent(model.accuracy)},
               {"face alone", percent(model.accuracy_face)},
               {"the paper, CelebA", fixed_text(100 * kPaperCelebA.accuracy, 2)},
               {"the paper, FFHQ", fixed_text(100 * kPaperFfhq.accuracy, 2)}}});
  LineSeries line{"whole picture", {}, {}, {}, {}}, face{"face alone", {}, {}, {}, {}};
  for (std::size_t i = 0; i < kCurveThresholds.size(); ++i) {
    const auto add = [i](LineSeries& series, const std::vector<Figure>& curve) {
      if (curve[i].n == 0) return;
      series.x.push_back(kCurveThresholds[i]);
      series.y.push_back(100 * curve[i].mean);
      series.low.push_back(100 * curve[i].low);
      series.high.push_back(100 * curve[i].high);
    };
    add(line, model.accuracy_curve);
    add(face, model.accuracy_face_curve);
  }
  ChartFrame frame;
  frame.title = "Accuracy over T";
  frame.x.label = "threshold T of the pixel complexity";
  frame.x.logarithmic = true;
  frame.y = {"accuracy, %", 0, 100};
  frame.references = {{ReferenceLine::Kind::Level, 100 * kPaperCelebA.accuracy, "paper"},
                      {ReferenceLine::Kind::Place, kComplexityThreshold, "T"}};
  if (line.x.size() > 1 && face.x.size() > 1)
    page.figure(line_chart(frame, {line, face}),
                "Anonymization accuracy by threshold, with its 95 % interval.");
}

void write_rows(HtmlPage& page, const SetEvaluation& evaluation) {
  const MethodFigures& model = evaluation.model;
  HtmlTable table{"Every picture",
                  {"name", "accuracy, %", "deviation", "De-ID PSNR", "Re-ID PSNR", "Re-ID SSIM"},
                  {},
                  true};
  for (const IdentityFigures& identity : model.identity) {
    table.header.push_back(title_of(identity.name) + " De-ID");
    table.header.push_back(title_of(identity.name) + " Re-ID");
  }
  const auto cosine_text = [](double value) {
    return std::isfinite(value) ? fixed_text(value, 3) : std::string("–");
  };
  for (std::size_t i = 0; i < model.pictures.size(); ++i) {
    const Judgement& judgement = model.pictures[i];
    const auto accuracy = judgement.accuracy.accuracy();
    std::vector<std::string> row{evaluation.set.subjects[i].name,
                                 accuracy ? fixed_text(100 * *accuracy, 2) : "–",
                                 fixed_text(judgement.deviation, 2),
                                 fixed_text(judgement.deid.psnr, 2),
                                 model.reversible ? fixed_text(judgement.reid.psnr, 2) : "–",
                                 model.reversible ? fixed_text(judgement.reid.ssim.rgb, 4) : "–"};
    for (const IdentityFigures& identity : model.identity) {
      row.push_back(cosine_text(identity.deid_cosines[i]));
      row.push_back(cosine_text(identity.reid_cosines[i]));
    }
    table.rows.push_back(std::move(row));
  }
  page.table(table);
}

}  // namespace

void write_provenance(HtmlPage& page, const std::string& command,
                      const std::vector<std::pair<std::string, std::string>>& facts) {
  page.heading("How this was made");
  page.code(command);
  HtmlTable table{"", {"what", "value"}, {}};
  for (const auto& [name, value] : facts) table.rows.push_back({name, value});
  page.table(table);
}

std::string report_html(const Report& report) {
  HtmlPage page("bauta: evaluation", "After Xu et al. 2024, sections 5.1, 5.2 and 5.4");
  for (const SetEvaluation& evaluation : report.sets) write_verdict(page, evaluation);
  page.paragraph(report.pictures ? kHoldsClearFaces : kHoldsNoFaces);
  const auto show = [&](std::vector<ReportPicture> (*pictures)(const SetEvaluation&),
                        const SetEvaluation& of) {
    if (report.pictures) write_pictures(page, pictures(of));
  };
  for (const std::string& note : report.notes) page.paragraph(note);
  for (const SetEvaluation& evaluation : report.sets) {
    page.heading(evaluation.set.name + ": " + counted(evaluation.set.subjects.size(), "face") +
                 (evaluation.set.left_out > 0
                      ? ", " + counted(evaluation.set.left_out, "photograph") + " left out"
                      : ""));
    show(paper_pictures, evaluation);
    write_accuracy(page, evaluation);
    write_fidelity(page, evaluation);
    write_similarity(page, evaluation);
    write_recognition(page, evaluation);
    write_damages(page, evaluation);
    write_comparison(page, evaluation);
    show(baseline_pictures, evaluation);
    page.subheading("The worst");
    show(worst_pictures, evaluation);
    write_rows(page, evaluation);
  }
  page.heading("Other methods");
  write_features(page);
  write_provenance(page, report.command, report.facts);
  return page.finish();
}

}  // namespace bauta
