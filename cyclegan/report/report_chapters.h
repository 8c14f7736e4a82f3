// Chapters of the reports' pages; those of an evaluation are each for one set of photographs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cyclegan/evaluation/evaluation.h"
#include "cyclegan/report/html.h"
#include "cyclegan/report/report_pictures.h"

namespace bauta {

// Table 1 and Fig. 9.
void write_similarity(HtmlPage& page, const SetEvaluation& evaluation);
// Who is still recognized, and by how many blocks.
void write_recognition(HtmlPage& page, const SetEvaluation& evaluation);
// Re-ID of damaged pictures.
void write_damages(HtmlPage& page, const SetEvaluation& evaluation);
// Table 3, run: nothing where no other method was.
void write_comparison(HtmlPage& page, const SetEvaluation& evaluation);
// Table 3 as the paper has it.
void write_features(HtmlPage& page);

// The command, and the facts as names and values.
void write_provenance(HtmlPage& page, const std::string& command,
                      const std::vector<std::pair<std::string, std::string>>& facts);

inline constexpr char kHoldsClearFaces[] =
    "This page shows the ID pictures in the clear: pass it on only where the photographs themselves may go.";
inline constexpr char kHoldsNoFaces[] = "Made with --no-pictures: figures alone, no face.";

void write_pictures(HtmlPage& page, const std::vector<ReportPicture>& pictures);
// "FaceNet" for "facenet".
std::string title_of(const std::string& opinion);

}  // namespace bauta
