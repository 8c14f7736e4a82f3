// What attackers got back, for people (report.html) and for programs (report.json). Paper section 5.3, Figs.
// 10 to 12.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "cyclegan/attacks/attack.h"
#include "cyclegan/report/report_pictures.h"

namespace bauta {

struct AttackReport {
  std::string command;                                     // as it was typed
  std::vector<std::pair<std::string, std::string>> facts;  // name and value
  AttackFindings findings;
  std::vector<std::string> notes;  // what was not measured, and why
};

// One JSON object, indented: "attackers" has an object each with "name", "family", "what", "knowledge",
// "cost" ("queries", "steps"), "psnr", "psnr_face", "ssim", "facenet" and "sface" (the cosine),
// "tar_at_far_1pct" (the last opinion's, against other photographs of the person, or the photograph itself
// where people are not known) and "recognized". Figures are as in evaluate's report.
std::string attack_report_json(const AttackReport& report);

std::string attack_report_html(const AttackReport& report);

// "broken by query-1000: 39.1 dB in the face, where its blocks give 21.0", or that nobody got past the floor.
std::string attack_verdict_line(const AttackFindings& findings);

// The names that attack_pictures gives.
inline constexpr std::array kAttackPictures{"fig10-attacks", "fig11-twins", "fig12-differences"};

// Fig. 10: what each attacker makes of De-ID; Figs. 11 and 12 where there are twins.
std::vector<ReportPicture> attack_pictures(const AttackFindings& findings);

}  // namespace bauta
