// Chapters that hold Re-ID against damage, and the method against others: Table 3.
#include <algorithm>
#include <cmath>
#include <map>

#include "cyclegan/baselines/table3.h"
#include "cyclegan/report/charts.h"
#include "cyclegan/report/report_chapters.h"
#include "cyclegan/report/text.h"

namespace bauta {

void write_damages(HtmlPage& page, const SetEvaluation& evaluation) {
  if (evaluation.damages.empty()) return;
  page.subheading("What Re-ID takes");
  HtmlTable table{
      "Re-ID of De-ID pictures that were damaged on their way.", {"damage", "PSNR, dB", "SSIM"}, {}};
  for (const Yardstick::Said& said : evaluation.yardstick.opinions)
    table.header.push_back(title_of(said.name));
  const auto row = [&](const std::string& name, const std::optional<Figure>& psnr,
                       const std::optional<Figure>& ssim, const std::vector<std::optional<Figure>>& cosines) {
    table.rows.push_back({name, figure_text(psnr, 2), figure_text(ssim, 4)});
    for (const auto& cosine : cosines) table.rows.back().push_back(figure_text(cosine, 3));
  };
  // PSNR and each network's similarity, by the curves' names.
  struct Curve {
    LineSeries psnr{"Re-ID PSNR", {}, {}, {}, {}};
    std::vector<LineSeries> cosines;
  };
  std::map<std::string, Curve> curves;
  const auto add = [](LineSeries& line, double x, const Figure& figure) {
    line.x.push_back(x);
    line.y.push_back(figure.mean);
    line.low.push_back(figure.low);
    line.high.push_back(figure.high);
  };
  for (const DamageFigures& damage : evaluation.damages) {
    row(damage.name, damage.psnr, damage.ssim, damage.cosine);
    if (damage.curve.empty()) continue;
    Curve& curve = curves[damage.curve];
    add(curve.psnr, damage.strength, damage.psnr);
    curve.cosines.resize(damage.cosine.size());
    for (std::size_t k = 0; k < damage.cosine.size(); ++k) {
      curve.cosines[k].name = title_of(evaluation.yardstick.opinions[k].name);
      if (damage.cosine[k]) add(curve.cosines[k], damage.strength, *damage.cosine[k]);
    }
  }
  page.table(table);
  const auto ascending = [](LineSeries& line) {
    if (line.x.size() > 1 && line.x.front() > line.x.back())
      for (auto* values : {&line.x, &line.y, &line.low, &line.high}) std::ranges::reverse(*values);
  };
  const DamageFigures& none = evaluation.damages.front();
  for (auto& [name, curve] : curves) {
    ascending(curve.psnr);
    ChartFrame frame;
    frame.title = "Re-ID after damage: " + name;
    frame.x.label = name;
    frame.y.label = "PSNR, dB";
    // The undamaged ones belong into the range.
    frame.y.low = std::floor(std::min(none.psnr.mean, std::ranges::min(curve.psnr.low)));
    frame.y.high = std::ceil(std::max(none.psnr.mean, std::ranges::max(curve.psnr.high))) + 1;
    frame.references = {{ReferenceLine::Kind::Level, none.psnr.mean, "none"}};
    page.figure(line_chart(frame, {curve.psnr}), "PSNR; the dashed line: undamaged.");
    std::erase_if(curve.cosines, [](const LineSeries& line) { return line.x.size() < 2; });
    if (curve.cosines.empty()) continue;
    for (LineSeries& line : curve.cosines) ascending(line);
    frame.y = {"similarity to the ID picture", 0, 1};
    frame.references.clear();
    page.figure(line_chart(frame, curve.cosines), "Who is on it, as identity networks see it.");
  }
}

void write_pictures(HtmlPage& page, const std::vector<ReportPicture>& pictures) {
  for (const ReportPicture& picture : pictures) page.picture(picture.image, picture.caption, picture.columns);
}

void write_comparison(HtmlPage& page, const SetEvaluation& evaluation) {
  if (evaluation.baselines.empty()) return;
  page.subheading("Other methods on the same pictures (Table 3, run)");
  HtmlTable table{
      "Means. TAR: recognized by the last identity network named above at a false accept rate of 1 %, "
      "against other "
      "photographs of the person where people are known, else against the photograph itself.",
      {"method", "key", "De-ID PSNR", "TAR De-ID, %", "cosine De-ID", "back PSNR", "cosine back",
       "wrong key PSNR", "wrong key cosine", "ms there", "ms back"},
      {}};
  const auto mean = [](const std::optional<Figure>& figure, int digits, double factor = 1) {
    return figure ? fixed_text(factor * figure->mean, digits) : std::string("–");
  };
  const auto row = [&](const MethodFigures& method) {
    const IdentityFigures* judge = method.identity.empty() ? nullptr : &method.identity.back();
    std::optional<Figure> linked, deid, reid, wrong;
    if (judge) {
      const auto& found = judge->deid.linked();
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

}  // namespace bauta
