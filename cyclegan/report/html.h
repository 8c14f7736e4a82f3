// A report as one HTML file: no script, no file beside it, readable in light and in dark.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/image.h"

namespace bauta {

// Cells are plain text. The first column is left-aligned, the others right-aligned in figures of one width.
struct HtmlTable {
  std::string caption;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  bool folded = false;  // shown when its caption is clicked: for long ones
};

enum class VerdictTone { Good, Mixed, Bad };

// Everything is appended in the order of the calls. All text is escaped; only `figure` takes markup.
class HtmlPage {
 public:
  explicit HtmlPage(std::string_view title, std::string_view subtitle = "");

  void heading(std::string_view text);     // a section's
  void subheading(std::string_view text);  // below it
  void paragraph(std::string_view text);
  void code(std::string_view text);  // as it is, in type of one width: a command, versions

  // A box in colour: the line that matters, and below it what it rests on.
  void verdict(VerdictTone tone, std::string_view line, std::string_view reason = "");

  // `svg`: one of charts.h's.
  void figure(std::string_view svg, std::string_view caption);

  // A picture as an inline PNG. columns: names above its equally wide columns (sheets.h), or none.
  void picture(const Image& image, std::string_view caption, const std::vector<std::string>& columns = {});

  // Throws std::invalid_argument if a row has not as many cells as the header.
  void table(const HtmlTable& table);

  std::string finish() const;  // the file's bytes, UTF-8

 private:
  void element(std::string_view tag, std::string_view text);
  std::string title_;
  std::string body_;
};

}  // namespace bauta
