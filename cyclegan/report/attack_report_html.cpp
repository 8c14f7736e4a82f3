#include <algorithm>
#include <map>

#include "cyclegan/report/attack_report.h"
#include "cyclegan/report/charts.h"
#include "cyclegan/report/html.h"
#include "cyclegan/report/report_chapters.h"
#include "cyclegan/report/text.h"

namespace bauta {
namespace {

std::string count_text(std::int64_t count) { return count > 0 ? std::to_string(count) : "–"; }

void write_ladder(HtmlPage& page, const AttackFindings& findings) {
  page.heading("The attackers");
  const bool people = findings.set.people_known;
  page.paragraph(
      "All of them attack the same De-ID pictures, saved as 8-bit PNG; those marked with a star see plain "
      "mosaics of the same blocks and nothing else: what no way of hiding the rest can take from anybody. "
      "Similarities are to the ID picture. TAR: the share of the right pairs accepted where 1 % of the wrong "
      "ones are, comparing with " +
      std::string(people ? "other photographs of the person." : "the ID pictures themselves."));
  HtmlTable fidelity{
      std::to_string(findings.set.subjects.size()) + " faces: what comes back; mean and 95 % interval.",
      {"attacker", "queries", "steps", "PSNR, dB", "in the face, dB", "SSIM"},
      {}};
  HtmlTable identity{
      "Who is recognized: similarity, and TAR of the last.", {"attacker", "queries", "steps"}, {}};
  const std::vector<AttackerFigures::Said> none;
  const auto& opinions = findings.attackers.empty() ? none : findings.attackers.front().opinions;
  for (const auto& said : opinions) identity.header.push_back(title_of(said.name));
  identity.header.push_back("TAR, %");
  const auto add = [&](const AttackerFigures& figures) {
    const std::vector<std::string> who{figures.card.name + (figures.card.blocks_alone ? " *" : ""),
                                       count_text(figures.card.queries), count_text(figures.card.steps)};
    if (figures.psnr) {
      std::vector<std::string>& row = fidelity.rows.emplace_back(who);
      for (const auto& figure : {figures.psnr, figures.psnr_face}) row.push_back(figure_text(figure, 2));
      row.push_back(figure_text(figures.ssim, 3));
    }
    std::vector<std::string>& row = identity.rows.emplace_back(who);
    for (const auto& said : figures.opinions) row.push_back(figure_text(said.cosine, 3));
    row.push_back(percent(figures.tar()));
  };
  if (findings.restored) add(*findings.restored);
  for (const AttackerFigures& figures : findings.attackers) add(figures);
  page.table(fidelity);
  if (!opinions.empty()) page.table(identity);

  HtmlTable who{"Who they are.", {"attacker", "what it does", "what it has"}, {}};
  for (const AttackerFigures& figures : findings.attackers)
    who.rows.push_back({figures.card.name, figures.card.what, figures.card.knowledge});
  page.table(who);

  std::vector<std::string> names;
  BarSeries face{"PSNR in the face", {}};
  for (const AttackerFigures& figures : findings.attackers) {
    if (!figures.psnr_face) continue;
    names.push_back(figures.card.name);
    face.figures.push_back(*figures.psnr_face);
  }
  if (!names.empty())
    page.figure(bar_chart({"What comes back", {"attacker"}, {"PSNR in the face, dB"}}, names, {face}),
                "How near to the ID picture each attacker gets.");
}

void write_blocks(HtmlPage& page, const AttackFindings& findings) {
  if (findings.by_blocks.empty()) return;
  page.heading("What the visible blocks give away");
  HtmlTable table{
      "TAR at a false accept rate of 1 %, %, by number of blocks across the face.", {"blocks"}, {}};
  std::map<std::string, LineSeries> lines;
  for (const BlocksAttack& of_blocks : findings.by_blocks)
    for (const AttackerFigures& figures : of_blocks.attackers)
      if (figures.tar() && !lines.contains(figures.card.name)) {
        lines[figures.card.name].name = figures.card.name;
        table.header.push_back(figures.card.name);
      }
  if (lines.empty()) return;
  for (const BlocksAttack& of_blocks : findings.by_blocks) {
    std::vector<std::string> row{std::to_string(of_blocks.blocks)};
    row.resize(table.header.size(), "–");
    for (const AttackerFigures& figures : of_blocks.attackers) {
      const auto column = std::ranges::find(table.header, figures.card.name);
      const std::optional<Figure> tar = figures.tar();
      if (!tar || column == table.header.end()) continue;
      row[static_cast<std::size_t>(column - table.header.begin())] = percent(tar);
      LineSeries& line = lines[figures.card.name];
      line.x.insert(line.x.begin(), of_blocks.blocks);
      line.y.insert(line.y.begin(), 100 * tar->mean);
      line.low.insert(line.low.begin(), 100 * tar->low);
      line.high.insert(line.high.begin(), 100 * tar->high);
    }
    table.rows.push_back(std::move(row));
  }
  page.table(table);
  std::vector<LineSeries> drawn;
  for (const auto& [name, line] : lines)
    if (line.x.size() > 1) drawn.push_back(line);
  if (!drawn.empty())
    page.figure(line_chart({"Linked by the blocks alone",
                            {"blocks across the face", {}, {}},
                            {"TAR at a false accept rate of 1 %, %", 0, 100}},
                           drawn),
                "How coarse must what stays visible be?");
}

void write_channel(HtmlPage& page, const HiddenChannel& channel) {
  page.heading("The hidden channel");
  page.paragraph(
      "What lies in a De-ID picture beside its blocks' colours. The entropy is how much room there is; a "
      "plain "
      "mosaic has none. What a regressor gains by seeing the residual, over the same one that sees blocks "
      "alone, "
      "is what is known to be in there.");
  HtmlTable table{
      "", {"", "mean"}, {{"entropy of the residual, bits a pixel", figure_text(channel.entropy, 2)}}};
  if (channel.regressor_bits) {
    table.rows.push_back({"a regressor's gain, bits a pixel", figure_text(channel.regressor_bits, 2)});
    table.rows.push_back({"a regressor's gain in the face, dB", figure_text(channel.regressor_db, 2)});
  }
  page.table(table);
}

void write_twins(HtmlPage& page, const Twins& twins) {
  page.heading("Three equal trainings");
  page.paragraph(
      "The paper's last argument: pairs trained under the same conditions draw different pictures, so nobody "
      "can "
      "train a second F. Whether that follows is seen where one pair's F is given another's De-ID.");
  HtmlTable differences{"Mean difference in the face, grey levels.", {"pairs", "De-ID", "Re-ID"}, {}};
  for (std::size_t p = 0; p < kTwins; ++p)
    differences.rows.push_back(
        {std::to_string(kTwinPairs[p].first + 1) + " and " + std::to_string(kTwinPairs[p].second + 1),
         figure_text(twins.deid_difference[p], 2), figure_text(twins.reid_difference[p], 2)});
  page.table(differences);
  HtmlTable cross{"PSNR in the face of what comes back, dB.", {"", "F of 1", "F of 2", "F of 3"}, {}};
  for (std::size_t i = 0; i < kTwins; ++i) {
    std::vector<std::string> row{"De-ID of " + std::to_string(i + 1)};
    for (const Figure& figure : twins.cross_psnr[i]) row.push_back(figure_text(figure, 2));
    cross.rows.push_back(std::move(row));
  }
  page.table(cross);
}

}  // namespace

std::string attack_verdict_line(const AttackFindings& findings) {
  const AttackVerdict verdict = verdict_of(findings);
  if (!verdict.floor_psnr_face && !verdict.floor_tar)
    return findings.set.name +
           ": no attacker of the visible blocks ran, so there is no floor to compare with";
  const std::string floor = verdict.floor_psnr_face
                                ? fixed_text(verdict.floor_psnr_face->mean, 2) + " dB in the face"
                                : "a TAR of " + fixed_text(100 * verdict.floor_tar->mean, 1) + " %";
  if (verdict.broken_by.empty())
    return findings.set.name + ": nobody gets more than the visible blocks give away (" + floor + ")";
  const AttackerFigures* best = nullptr;
  for (const AttackerFigures& figures : findings.attackers)
    if (std::ranges::find(verdict.broken_by, figures.card.name) != verdict.broken_by.end() &&
        figures.psnr_face && (!best || figures.psnr_face->mean > best->psnr_face->mean))
      best = &figures;
  std::string names;
  for (const std::string& name : verdict.broken_by) names += (names.empty() ? "" : ", ") + name;
  return findings.set.name + ": broken by " + names +
         (best ? "; at best " + fixed_text(best->psnr_face->mean, 2) + " dB in the face" : "") +
         ", the visible blocks give " + floor;
}

std::string attack_report_html(const AttackReport& report) {
  const AttackFindings& findings = report.findings;
  HtmlPage page("bauta: attacks", "After Xu et al. 2024, section 5.3, and further");
  const AttackVerdict verdict = verdict_of(findings);
  const bool floor = verdict.floor_psnr_face || verdict.floor_tar;
  page.verdict(!floor                      ? VerdictTone::Mixed
               : verdict.broken_by.empty() ? VerdictTone::Good
                                           : VerdictTone::Bad,
               attack_verdict_line(findings) + ".",
               "Of these attackers, at these budgets: others may do better.");
  page.paragraph(kHoldsClearFaces);
  for (const auto& notes : {report.notes, findings.notes})
    for (const std::string& note : notes) page.paragraph(note);
  write_pictures(page, attack_pictures(findings));
  write_ladder(page, findings);
  write_blocks(page, findings);
  write_channel(page, findings.channel);
  if (findings.twins) write_twins(page, *findings.twins);
  write_provenance(page, report.command, report.facts);
  return page.finish();
}

}  // namespace bauta
