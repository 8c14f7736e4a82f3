// The sheets of a report: the paper's Figs. 6 to 8, and the pictures that came out worst.
#pragma once

#include <string>
#include <vector>

#include "cyclegan/evaluation/evaluation.h"

namespace bauta {

struct ReportPicture {
  std::string name;  // of the file under figures/, without its ending
  std::string caption;
  std::vector<std::string> columns;
  Image image;
};

// Fig. 6: ID and De-ID pictures; Fig. 7: their complexity and what was wrongly anonymized; Fig. 8: Re-ID.
std::vector<ReportPicture> paper_pictures(const SetEvaluation& evaluation);

// What each of the other methods publishes, and what comes back of it.
std::vector<ReportPicture> baseline_pictures(const SetEvaluation& evaluation);

// The pictures with the worst De-ID (farthest from a mosaic; most alike by the last opinion), and with the
// worst Re-ID.
std::vector<ReportPicture> worst_pictures(const SetEvaluation& evaluation);

}  // namespace bauta
