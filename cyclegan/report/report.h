// What evaluation found, for people (report.html) and for programs (report.json).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cyclegan/evaluation/evaluation.h"

namespace bauta {

struct Report {
  std::string command;                                     // as it was typed
  std::vector<std::pair<std::string, std::string>> facts;  // name and value: versions, the model's origin
  std::vector<SetEvaluation> sets;                         // at least one
  std::vector<std::string> notes;                          // what was not measured, and why
  bool pictures = true;                                    // on the page; else figures alone
};

// One JSON object, indented. Every figure is {"mean":, "ci95": [low, high], "n":}, or null where nothing
// could be measured. The first set's figures stand at the top: "anonymization_accuracy"; "facenet" and
// "sface" with "deid", "reid", "different"; "psnr", "ssim" likewise; "per_image" with a row a picture. Of
// several sets "sets" has the same object each.
std::string report_json(const Report& report);

// One page that needs no other file: the verdict against the paper's figures, then a chapter a set.
std::string report_html(const Report& report);

}  // namespace bauta
