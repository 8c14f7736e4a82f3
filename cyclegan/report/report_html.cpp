#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cyclegan/baselines/table3.h"
#include "cyclegan/report/charts.h"
#include "cyclegan/report/html.h"
#include "cyclegan/report/report.h"
#include "cyclegan/report/report_pictures.h"
#include "cyclegan/report/verdict.h"

namespace bauta {

namespace {

// "0.123 [0.110, 0.130]"; digits after the point.
std::string text_of(const std::optional<Figure>& figure, int digits, double factor = 1) {
  if (!figure) return "–";
  char text[96];
  std::snprintf(text, sizeof text, "%.*f [%.*f, %.*f]", digits, factor * figure->mean, digits,
                factor * figure->low, digits, factor * figure->high);
  return text;
}

std::string number(double value, int digits) {
  char text[48];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string percent(const std::optional<Figure>& figure) { return text_of(figure, 1, 100); }

std::string tar(const std::optional<Verification>& found) {
  return found ? percent(found->tar_at_far_1pct) : "–";
}

std::string tar_strict(const std::optional<Verification>& found) {
  return found ? percent(found->tar_at_far_01pct) : "–";
}

std::string title_of(const std::string& opinion) {
  return opinion == "facenet" ? "FaceNet" : opinion == "sface" ? "SFace" : opinion;
}

void write_verdict(HtmlPage& page, const SetEvaluation& evaluation) {
  const std::vector<Target> targets = targets_of(evaluation);
  std::string reasons;
  for (const IdentityFigures& identity : evaluation.model.identity) {
    const auto& found =
        identity.deid.other_photograph ? identity.deid.other_photograph : identity.deid.own_photograph;
    if (!found) continue;
    reasons +=
        title_of(identity.name) + " still links " + number(100 * found->tar_at_far_1pct.mean, 1) +
        " % of the De-ID pictures to " +
        (identity.deid.other_photograph ? "another photograph of the person" : "their own photograph") +
        " at a false accept rate of 1 %. ";
  }
  if (const auto& hidden = evaluation.model.face_hidden; hidden && hidden->mean < 1)
    reasons += "bauta deid would refuse " + number(100 * (1 - hidden->mean), 1) +
               " % of these De-ID pictures and write the plain mosaic instead.";
  const bool all = std::ranges::all_of(targets, &Target::reached);
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

void write_similarity(HtmlPage& page, const SetEvaluation& evaluation) {
  const MethodFigures& model = evaluation.model;
  if (model.identity.empty()) return;
  page.subheading("Similarity of identity (Table 1, Fig. 9)");
  HtmlTable table{"Cosine similarity to the ID picture (eq. 6): mean and 95 % interval.",
                  {"", "De-ID", "Re-ID", "different people", "De-ID within ±0.4", "Re-ID from 0.8 on"},
                  {}};
  for (std::size_t k = 0; k < model.identity.size(); ++k) {
    const IdentityFigures& identity = model.identity[k];
    table.rows.push_back({title_of(identity.name), text_of(identity.cosine.deid, 3),
                          text_of(identity.cosine.reid, 3),
                          text_of(evaluation.yardstick.opinions[k].cosine, 3), percent(identity.within_band),
                          percent(identity.alike)});
  }
  page.table(table);
  constexpr std::size_t kPaperPairs = 100;
  for (std::size_t k = 0; k < model.identity.size(); ++k) {
    const IdentityFigures& identity = model.identity[k];
    const auto series = [&](const std::string& name, const std::vector<double>& values, std::size_t most) {
      PointSeries points{name, {}, {}};
      for (double value : values) {
        if (!std::isfinite(value) || points.x.size() == most) continue;
        points.x.push_back(static_cast<double>(points.x.size() + 1));
        points.y.push_back(value);
      }
      return points;
    };
    std::vector<PointSeries> all{series("De-ID and its ID picture", identity.deid_cosines, kPaperPairs)};
    if (model.reversible)
      all.push_back(series("Re-ID and its ID picture", identity.reid_cosines, kPaperPairs));
    all.push_back(series("different people", evaluation.yardstick.opinions[k].cosines, kStrangers));
    std::erase_if(all, [](const PointSeries& points) { return points.x.empty(); });
    if (all.empty()) continue;
    page.figure(
        scatter_chart({title_of(identity.name),
                       {"pair", 0, {}},
                       {"cosine similarity", -0.5, 1.05},
                       {{ReferenceLine::Kind::Level, kUnlinkableBand, "0.4"},
                        {ReferenceLine::Kind::Level, -kUnlinkableBand, "-0.4"},
                        {ReferenceLine::Kind::Level, kAlike, "0.8"}}},
                      all),
        "Fig. 9: similarity by " + title_of(identity.name) +
            ", 100 pairs each of De-ID and Re-ID pictures with their ID pictures, 200 of different people.");
  }
}

void write_recognition(HtmlPage& page, const SetEvaluation& evaluation) {
  const MethodFigures& model = evaluation.model;
  if (model.identity.empty()) return;
  page.subheading("Who is still recognized");
  page.paragraph(
      "A band of similarities says little about recognition. Here somebody with a face matcher compares "
      "every picture "
      "with every photograph of a gallery, told where the face is: the share of the right pairs that are "
      "accepted where "
      "1 % (0.1 %) of the wrong ones are. Intervals are over people.");
  HtmlTable table{"True accept rate, % and 95 % interval, at a false accept rate of 1 % (0.1 %).",
                  {"", "gallery", "1 %", "0.1 %", "equal error rate, %", "pairs"},
                  {}};
  const auto add = [&](const std::string& who, const std::string& gallery,
                       const std::optional<Verification>& found) {
    if (found)
      table.rows.push_back({who, gallery, tar(found), tar_strict(found), percent(found->eer),
                            std::to_string(found->genuine) + " + " + std::to_string(found->impostors)});
  };
  for (std::size_t k = 0; k < model.identity.size(); ++k) {
    const IdentityFigures& identity = model.identity[k];
    const std::string judge = title_of(identity.name);
    add(judge + ", ID", "other photographs", evaluation.yardstick.opinions[k].recognized);
    const auto add_all = [&](const std::string& who, const Recognition& recognition) {
      add(who, "the photograph itself", recognition.own_photograph);
      add(who, "other photographs", recognition.other_photograph);
      add(who, "other photographs, hidden likewise", recognition.hidden_gallery);
    };
    add_all(judge + ", De-ID", identity.deid);
    if (model.reversible) add_all(judge + ", Re-ID", identity.reid);
  }
  page.table(table);

  if (evaluation.by_blocks.empty()) return;
  for (std::size_t k = 0; k < model.identity.size(); ++k) {
    HtmlTable blocks{"Plain mosaics by number of blocks across the face, as " +
                         title_of(model.identity[k].name) +
                         " sees them: what a De-ID picture of so many blocks gives away at least.",
                     {"blocks", "cosine", "own photograph, %", "other photographs, %", "hidden gallery, %"},
                     {}};
    std::vector<LineSeries> lines{{"the photograph itself", {}, {}}, {"other photographs", {}, {}}};
    for (const BlocksFigures& row : evaluation.by_blocks) {
      const BlocksFigures::Said& said = row.opinions[k];
      blocks.rows.push_back({std::to_string(row.blocks), text_of(said.cosine, 3),
                             tar(said.recognized.own_photograph), tar(said.recognized.other_photograph),
                             tar(said.recognized.hidden_gallery)});
      const auto point = [&](LineSeries& line, const std::optional<Verification>& found) {
        if (!found) return;
        line.x.push_back(row.blocks);
        line.y.push_back(100 * found->tar_at_far_1pct.mean);
        line.low.push_back(100 * found->tar_at_far_1pct.low);
        line.high.push_back(100 * found->tar_at_far_1pct.high);
      };
      point(lines[0], said.recognized.own_photograph);
      point(lines[1], said.recognized.other_photograph);
    }
    page.table(blocks);
    std::erase_if(lines, [](const LineSeries& line) { return line.x.size() < 2; });
    for (LineSeries& line : lines) {
      for (auto* values : {&line.x, &line.y, &line.low, &line.high}) std::ranges::reverse(*values);
    }
    if (!lines.empty())
      page.figure(line_chart({title_of(model.identity[k].name),
                              {"blocks across the face", {}, {}},
                              {"recognized at a false accept rate of 1 %, %", 0, 100}},
                             lines),
                  "How coarse must a mosaic be?");
  }
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
  table.rows.push_back(
      {"PSNR, dB", text_of(model.psnr.deid, 2), text_of(model.psnr.reid, 2), text_of(yardstick.psnr, 2)});
  table.rows.push_back(
      {"PSNR in the face, dB", text_of(model.psnr_face.deid, 2), text_of(model.psnr_face.reid, 2), "–"});
  table.rows.push_back(
      {"SSIM, RGB", text_of(model.ssim.deid, 4), text_of(model.ssim.reid, 4), text_of(yardstick.ssim, 4)});
  table.rows.push_back({"SSIM, luma", text_of(model.ssim_luma.deid, 4), text_of(model.ssim_luma.reid, 4),
                        text_of(yardstick.ssim_luma, 4)});
  for (const PaperFigures& paper : {kPaperCelebA, kPaperFfhq}) {
    const std::string of = std::string("the paper, ") + paper.set;
    table.rows.push_back({of + ": PSNR, dB", number(paper.psnr_deid, 2), number(paper.psnr_reid, 2), "–"});
    table.rows.push_back({of + ": SSIM", number(paper.ssim_deid, 4), number(paper.ssim_reid, 4), "–"});
  }
  page.table(table);
  page.table({"Is De-ID a mosaic? A Re-ID figure counts only where it is.",
              {"", "mean"},
              {{"distance from its own blocks' means, grey levels", text_of(model.deviation, 2)},
               {"PSNR to the plain mosaic, in the face, dB", text_of(model.mosaic_psnr, 2)},
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
  page.table({"Anonymization accuracy at T = " + number(kComplexityThreshold, 0) + ", %.",
              {"", "mean"},
              {{"whole picture", percent(model.accuracy)},
               {"face alone", percent(model.accuracy_face)},
               {"the paper, CelebA", number(100 * kPaperCelebA.accuracy, 2)},
               {"the paper, FFHQ", number(100 * kPaperFfhq.accuracy, 2)}}});
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
  page.figure(line_chart(frame, {line, face}),
              "Anonymization accuracy by threshold, with its 95 % interval.");
}

void write_damages(HtmlPage& page, const SetEvaluation& evaluation) {
  if (evaluation.damages.empty()) return;
  page.subheading("What Re-ID takes");
  HtmlTable table{
      "Re-ID of De-ID pictures that were damaged on their way.", {"damage", "PSNR, dB", "SSIM"}, {}};
  for (const Yardstick::Said& said : evaluation.yardstick.opinions)
    table.header.push_back(title_of(said.name));
  const auto row = [&](const std::string& name, const std::optional<Figure>& psnr,
                       const std::optional<Figure>& ssim, const std::vector<std::optional<Figure>>& cosines) {
    table.rows.push_back({name, text_of(psnr, 2), text_of(ssim, 4)});
    for (const auto& cosine : cosines) table.rows.back().push_back(text_of(cosine, 3));
  };
  std::vector<std::optional<Figure>> untouched;
  for (const IdentityFigures& identity : evaluation.model.identity) untouched.push_back(identity.cosine.reid);
  row("none (PNG), all pictures", evaluation.model.psnr.reid, evaluation.model.ssim.reid, untouched);
  std::map<std::string, LineSeries> curves;
  for (const DamageFigures& damage : evaluation.damages) {
    row(damage.name, damage.psnr, damage.ssim, damage.cosine);
    LineSeries& line = curves[damage.curve];
    line.name = "Re-ID PSNR";
    line.x.push_back(damage.strength);
    line.y.push_back(damage.psnr.mean);
    line.low.push_back(damage.psnr.low);
    line.high.push_back(damage.psnr.high);
  }
  page.table(table);
  for (auto& [name, line] : curves) {
    if (line.x.size() < 2) continue;
    if (line.x.front() > line.x.back())
      for (auto* values : {&line.x, &line.y, &line.low, &line.high}) std::ranges::reverse(*values);
    page.figure(line_chart({name, {name, {}, {}}, {"PSNR, dB", {}, {}}}, {line}),
                "Re-ID after damage: " + name + ".");
  }
}

void write_comparison(HtmlPage& page, const SetEvaluation& evaluation) {
  if (evaluation.baselines.empty()) return;
  page.subheading("Other methods on the same pictures (Table 3, run)");
  HtmlTable table{
      "Means. TAR: recognized by the last identity network at a false accept rate of 1 %, against other "
      "photographs of the person where people are known, else against the photograph itself.",
      {"method", "key", "De-ID PSNR", "TAR De-ID, %", "cosine De-ID", "back PSNR", "cosine back",
       "wrong key PSNR", "wrong key cosine", "ms there", "ms back"},
      {}};
  const auto mean = [](const std::optional<Figure>& figure, int digits, double factor = 1) {
    return figure ? number(factor * figure->mean, digits) : std::string("–");
  };
  const auto row = [&](const MethodFigures& method) {
    const IdentityFigures* judge = method.identity.empty() ? nullptr : &method.identity.back();
    std::optional<Figure> linked, deid, reid, wrong;
    if (judge) {
      const auto& found =
          judge->deid.other_photograph ? judge->deid.other_photograph : judge->deid.own_photograph;
      if (found) linked = found->tar_at_far_1pct;
      deid = judge->cosine.deid;
      reid = judge->cosine.reid;
      wrong = judge->wrong_key;
    }
    table.rows.push_back({method.name, method.keyed ? "yes" : "no", mean(method.psnr.deid, 2),
                          mean(linked, 1, 100), mean(deid, 3), mean(method.psnr.reid, 2), mean(reid, 3),
                          mean(method.psnr_wrong_key, 2), mean(wrong, 3), mean(method.hide_seconds, 1, 1000),
                          mean(method.restore_seconds, 1, 1000)});
  };
  row(evaluation.model);
  for (const MethodFigures& baseline : evaluation.baselines) row(baseline);
  page.table(table);
}

// The paper's own comparison, which is one of features.
void write_features(HtmlPage& page) {
  const auto said = [](Said what) {
    return what == Said::Yes ? "yes" : what == Said::No ? "no" : "not said";
  };
  HtmlTable table{"Table 3 as the paper's text has it.",
                  {"method", "reversible", "deep learning", "anonymity", "what"},
                  {}};
  for (const ComparedMethod& method : table3())
    table.rows.push_back(
        {(method.reference > 0 ? "[" + std::to_string(method.reference) + "] " : "") + method.name,
         said(method.reversible), said(method.deep_learning),
         method.strategy == AnonymityStrategy::Global    ? "global"
         : method.strategy == AnonymityStrategy::Partial ? "partial"
                                                         : "not said",
         method.what});
  page.table(table);
}

void write_pictures(HtmlPage& page, const std::vector<ReportPicture>& pictures) {
  for (const ReportPicture& picture : pictures) page.picture(picture.image, picture.caption, picture.columns);
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
    return std::isfinite(value) ? number(value, 3) : std::string("–");
  };
  for (std::size_t i = 0; i < model.pictures.size(); ++i) {
    const Judgement& judgement = model.pictures[i];
    const auto accuracy = judgement.accuracy.accuracy();
    std::vector<std::string> row{evaluation.set.subjects[i].name,
                                 accuracy ? number(100 * *accuracy, 2) : "–",
                                 number(judgement.deviation, 2),
                                 number(judgement.deid.psnr, 2),
                                 model.reversible ? number(judgement.reid.psnr, 2) : "–",
                                 model.reversible ? number(judgement.reid.ssim.rgb, 4) : "–"};
    for (const IdentityFigures& identity : model.identity) {
      row.push_back(cosine_text(identity.deid_cosines[i]));
      row.push_back(cosine_text(identity.reid_cosines[i]));
    }
    table.rows.push_back(std::move(row));
  }
  page.table(table);
}

}  // namespace

std::string report_html(const Report& report) {
  HtmlPage page("bauta: evaluation", "After Xu et al. 2024, sections 5.1, 5.2 and 5.4");
  for (const SetEvaluation& evaluation : report.sets) write_verdict(page, evaluation);
  for (const std::string& note : report.notes) page.paragraph(note);
  for (const SetEvaluation& evaluation : report.sets) {
    page.heading(evaluation.set.name + ": " + std::to_string(evaluation.set.subjects.size()) + " faces" +
                 (evaluation.set.left_out > 0
                      ? ", " + std::to_string(evaluation.set.left_out) + " photographs left out"
                      : ""));
    const std::vector<ReportPicture> pictures = paper_pictures(evaluation);
    write_pictures(page, pictures);
    write_accuracy(page, evaluation);
    write_fidelity(page, evaluation);
    write_similarity(page, evaluation);
    write_recognition(page, evaluation);
    write_damages(page, evaluation);
    write_comparison(page, evaluation);
    page.subheading("The worst");
    write_pictures(page, worst_pictures(evaluation));
    write_rows(page, evaluation);
  }
  page.heading("Other methods");
  write_features(page);
  page.heading("How this was made");
  page.code(report.command);
  HtmlTable facts{"", {"what", "value"}, {}};
  for (const auto& [name, value] : report.facts) facts.rows.push_back({name, value});
  page.table(facts);
  return page.finish();
}

}  // namespace bauta
