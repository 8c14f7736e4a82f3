#include "cyclegan/report/attack_report.h"
#include "cyclegan/report/sheets.h"

namespace bauta {
namespace {

// How much differences are brightened: De-ID pictures of one block size differ by a few levels.
constexpr int kBrighter = 8;

ReportPicture fig10(const AttackFindings& findings) {
  std::vector<std::vector<Image>> rows(findings.published.size());
  std::vector<std::string> columns;
  const auto add = [&](const std::string& name, const auto& picture_of) {
    columns.push_back(name);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].push_back(enlarged(picture_of(i)));
  };
  add("ID", [&](std::size_t i) -> const Image& { return findings.set.subjects[i].clear; });
  add("De-ID", [&](std::size_t i) -> const Image& { return findings.published[i]; });
  if (findings.restored)
    add("Re-ID", [&](std::size_t i) -> const Image& { return findings.restored->pictures[i]; });
  for (const AttackerFigures& attacker : findings.attackers)
    if (attacker.pictures.size() == rows.size() && attacker.card.family != "nothing")
      add(attacker.card.name, [&](std::size_t i) -> const Image& { return attacker.pictures[i]; });
  return {kAttackPictures[0],
          "Fig. 10: what the victim makes of a picture, and what each attacker gets back.", columns,
          picture_sheet(rows)};
}

ReportPicture fig11(const Twins& twins) {
  std::vector<std::vector<Image>> rows;
  for (const Twins::Pictures& pictures : twins.pictures) {
    std::vector<Image>& row = rows.emplace_back();
    for (const auto& kind : {pictures.deid, pictures.reid})
      for (const Image& picture : kind) row.push_back(enlarged(picture));
  }
  return {kAttackPictures[1],
          "Fig. 11: De-ID and Re-ID pictures of three pairs trained under the same conditions.",
          {"De-ID 1", "De-ID 2", "De-ID 3", "Re-ID 1", "Re-ID 2", "Re-ID 3"},
          picture_sheet(rows)};
}

ReportPicture fig12(const Twins& twins) {
  std::vector<std::vector<Image>> rows;
  for (const Twins::Pictures& pictures : twins.pictures) {
    std::vector<Image>& row = rows.emplace_back();
    for (const auto& kind : {pictures.deid, pictures.reid})
      for (const auto& [i, j] : kTwinPairs)
        row.push_back(enlarged(difference_picture(kind[i], kind[j], kBrighter)));
  }
  return {kAttackPictures[2],
          "Fig. 12: pairwise differences of Fig. 11, " + std::to_string(kBrighter) + " times as bright.",
          {"De-ID 1-2", "De-ID 1-3", "De-ID 2-3", "Re-ID 1-2", "Re-ID 1-3", "Re-ID 2-3"},
          picture_sheet(rows)};
}

}  // namespace

std::vector<ReportPicture> attack_pictures(const AttackFindings& findings) {
  std::vector<ReportPicture> pictures{fig10(findings)};
  if (findings.twins && !findings.twins->pictures.empty()) {
    pictures.push_back(fig11(*findings.twins));
    pictures.push_back(fig12(*findings.twins));
  }
  return pictures;
}

}  // namespace bauta
