#include "cyclegan/report/attack_report.h"
#include "cyclegan/report/json_figures.h"

namespace bauta {
namespace {

Json json_of(const AttackerFigures& figures) {
  const AttackerCard& card = figures.card;
  Json json{{"name", card.name},
            {"family", card.family},
            {"what", card.what},
            {"knowledge", card.knowledge},
            {"blocks_alone", card.blocks_alone},
            {"cost", {{"queries", card.queries}, {"steps", card.steps}}},
            {"psnr", json_of(figures.psnr)},
            {"psnr_face", json_of(figures.psnr_face)},
            {"ssim", json_of(figures.ssim)}};
  for (const AttackerFigures::Said& said : figures.opinions) json[said.name] = json_of(said.cosine);
  json["tar_at_far_1pct"] = json_of(figures.tar());
  for (const AttackerFigures::Said& said : figures.opinions)
    json["recognized"][said.name] = {{"own_photograph", json_of(said.recognized.own_photograph)},
                                     {"other_photograph", json_of(said.recognized.other_photograph)}};
  return json;
}

Json json_of(const Twins& twins) {
  Json json;
  for (std::size_t p = 0; p < kTwins; ++p)
    json["pairs"].push_back({{"systems", {kTwinPairs[p].first + 1, kTwinPairs[p].second + 1}},
                             {"deid_difference", json_of(twins.deid_difference[p])},
                             {"reid_difference", json_of(twins.reid_difference[p])}});
  for (std::size_t i = 0; i < kTwins; ++i)
    for (std::size_t j = 0; j < kTwins; ++j)
      json["restored"].push_back(
          {{"deid_of", i + 1}, {"reid_of", j + 1}, {"psnr_face", json_of(twins.cross_psnr[i][j])}});
  return json;
}

}  // namespace

std::string attack_report_json(const AttackReport& report) {
  const AttackFindings& findings = report.findings;
  Json json{{"command", report.command}};
  for (const auto& [name, value] : report.facts) json["facts"][name] = value;
  json["notes"] = report.notes;
  for (const std::string& note : findings.notes) json["notes"].push_back(note);
  json["set"] = findings.set.name;
  json["pictures"] = findings.set.subjects.size();
  json["left_out"] = findings.set.left_out;
  json["people_known"] = findings.set.people_known;
  json["own_photographs"] = findings.own_photographs;
  const AttackVerdict verdict = verdict_of(findings);
  json["verdict"] = {{"floor_psnr_face", json_of(verdict.floor_psnr_face)},
                     {"floor_tar_at_far_1pct", json_of(verdict.floor_tar)},
                     {"broken_by", verdict.broken_by}};
  json["restored"] = findings.restored ? json_of(*findings.restored) : Json();
  json["attackers"] = Json::array();
  for (const AttackerFigures& attacker : findings.attackers) json["attackers"].push_back(json_of(attacker));
  json["by_blocks"] = Json::array();
  for (const BlocksAttack& of_blocks : findings.by_blocks) {
    Json one{{"blocks", of_blocks.blocks}};
    for (const AttackerFigures& attacker : of_blocks.attackers) one["attackers"].push_back(json_of(attacker));
    json["by_blocks"].push_back(std::move(one));
  }
  json["hidden_channel"] = {{"entropy_bits_per_pixel", json_of(findings.channel.entropy)},
                            {"regressor_bits_per_pixel", json_of(findings.channel.regressor_bits)},
                            {"regressor_gain_db", json_of(findings.channel.regressor_db)}};
  json["twins"] = findings.twins ? json_of(*findings.twins) : Json();
  return json.dump(2) + "\n";
}

}  // namespace bauta
