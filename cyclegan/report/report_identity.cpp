// Chapters about identity: Table 1, Fig. 9, and who is still recognized.
#include <algorithm>
#include <cmath>

#include "cyclegan/report/charts.h"
#include "cyclegan/report/report_chapters.h"
#include "cyclegan/report/text.h"

namespace bauta {

namespace {

std::string tar(const std::optional<Verification>& found) {
  return found ? percent(found->tar_at_far_1pct) : "–";
}

std::string tar_strict(const std::optional<Verification>& found) {
  // Of fewer impostors it would be the rate at a FAR of 0.
  constexpr std::size_t kFewestImpostors = 1000;
  return found && found->impostors >= kFewestImpostors ? percent(found->tar_at_far_01pct) : "–";
}

}  // namespace

std::string title_of(const std::string& opinion) {
  return opinion == "facenet" ? "FaceNet" : opinion == "sface" ? "SFace" : opinion;
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
    table.rows.push_back({title_of(identity.name), figure_text(identity.cosine.deid, 3),
                          figure_text(identity.cosine.reid, 3),
                          figure_text(evaluation.yardstick.opinions[k].cosine, 3),
                          percent(identity.within_band), percent(identity.alike)});
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
    page.figure(scatter_chart({title_of(identity.name),
                               {"pair", 0, {}},
                               {"cosine similarity", -0.5, 1.05},
                               {{ReferenceLine::Kind::Level, kUnlinkableBand, "0.4"},
                                {ReferenceLine::Kind::Level, -kUnlinkableBand, "-0.4"},
                                {ReferenceLine::Kind::Level, kAlike, "0.8"}}},
                              all),
                "Fig. 9: similarity by " + title_of(identity.name) + ", a mark a pair.");
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
                  {"", "gallery", "1 %", "0.1 %", "equal error rate, %", "AUC", "pairs"},
                  {}};
  const auto add = [&](const std::string& who, const std::string& gallery,
                       const std::optional<Verification>& found) {
    if (found)
      table.rows.push_back({who, gallery, tar(found), tar_strict(found), percent(found->eer),
                            figure_text(found->auc, 3),
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
    HtmlTable blocks;
    blocks.caption = "Plain mosaics by number of blocks across the face, as " +
                     title_of(model.identity[k].name) +
                     " sees them: what a De-ID picture of so many blocks gives away at least.";
    blocks.header = {
        "blocks",           "cosine", "within ±0.4, %", "own photograph, %", "other photographs, %",
        "hidden gallery, %"};
    std::vector<LineSeries> lines{{"the photograph itself", {}, {}}, {"other photographs", {}, {}}};
    for (const BlocksFigures& row : evaluation.by_blocks) {
      const BlocksFigures::Said& said = row.opinions[k];
      blocks.rows.push_back({std::to_string(row.blocks), figure_text(said.cosine, 3),
                             percent(said.within_band), tar(said.recognized.own_photograph),
                             tar(said.recognized.other_photograph), tar(said.recognized.hidden_gallery)});
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

}  // namespace bauta
