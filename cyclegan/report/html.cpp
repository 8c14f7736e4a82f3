#include "cyclegan/report/html.h"

#include <stdexcept>

#include "cyclegan/report/style.h"
#include "cyclegan/report/text.h"

namespace bauta {
namespace {

std::string caption_of(std::string_view caption) {
  if (caption.empty()) return "";
  return joined({"<figcaption>", escape_markup(caption), "</figcaption>\n"});
}

std::string cells(const std::vector<std::string>& texts, std::string_view tag) {
  std::string row = "<tr>";
  constexpr std::size_t kSentence = 40;  // from so many bytes on a cell may break into lines
  for (const std::string& text : texts)
    row += joined({"<", tag, tag == "td" && text.size() > kSentence ? " class=\"prose\">" : ">",
                   escape_markup(text), "</", tag, ">"});
  return row += "</tr>\n";
}

std::string_view class_of(VerdictTone tone) {
  switch (tone) {
    case VerdictTone::Good:
      return "good";
    case VerdictTone::Mixed:
      return "mixed";
    case VerdictTone::Bad:
      return "bad";
  }
  throw std::invalid_argument("a verdict of no tone");
}

}  // namespace

HtmlPage::HtmlPage(std::string_view title, std::string_view subtitle) : title_(escape_markup(title)) {
  element("h1", title);
  if (!subtitle.empty()) body_ += joined({"<p class=\"subtitle\">", escape_markup(subtitle), "</p>\n"});
}

void HtmlPage::heading(std::string_view text) { element("h2", text); }
void HtmlPage::subheading(std::string_view text) { element("h3", text); }
void HtmlPage::paragraph(std::string_view text) { element("p", text); }
void HtmlPage::code(std::string_view text) { element("pre", text); }

void HtmlPage::verdict(VerdictTone tone, std::string_view line, std::string_view reason) {
  body_ += joined({"<section class=\"verdict ", class_of(tone), "\">\n<p class=\"line\">",
                   escape_markup(line), "</p>\n"});
  if (!reason.empty()) element("p", reason);
  body_ += "</section>\n";
}

void HtmlPage::figure(std::string_view svg, std::string_view caption) {
  body_ += joined({"<figure>\n", svg, caption_of(caption), "</figure>\n"});
}

void HtmlPage::picture(const Image& image, std::string_view caption,
                       const std::vector<std::string>& columns) {
  body_ += "<figure class=\"picture\">\n";
  if (!columns.empty()) {
    body_ += "<div class=\"columns\">";
    for (const std::string& name : columns) {
      const std::string shown = escape_markup(name);
      body_ += joined({"<span title=\"", shown, "\">", shown, "</span>"});
    }
    body_ += "</div>\n";
  }
  body_ += joined({"<img alt=\"", escape_markup(caption), "\" width=\"", std::to_string(image.width),
                   "\" height=\"", std::to_string(image.height), "\" src=\"data:image/png;base64,",
                   base64(encode_png(image)), "\">\n", caption_of(caption), "</figure>\n"});
}

void HtmlPage::table(const HtmlTable& table) {
  const std::string caption = escape_markup(table.caption);
  if (table.folded) body_ += joined({"<details><summary>", caption, "</summary>\n"});
  body_ += "<div class=\"table\"><table>\n";
  if (!table.folded && !caption.empty()) body_ += joined({"<caption>", caption, "</caption>\n"});
  body_ += joined({"<thead>\n", cells(table.header, "th"), "</thead>\n<tbody>\n"});
  for (const auto& row : table.rows) {
    if (row.size() != table.header.size())
      throw std::invalid_argument("HtmlPage: a row has not as many cells as the header");
    body_ += cells(row, "td");
  }
  body_ += "</tbody>\n</table></div>\n";
  if (table.folded) body_ += "</details>\n";
}

std::string HtmlPage::finish() const {
  return joined({"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
                 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
                 "<meta name=\"color-scheme\" content=\"light dark\">\n<title>", title_,
                 "</title>\n<style>\n", report_style(), "</style>\n</head>\n<body>\n<main>\n", body_,
                 "</main>\n</body>\n</html>\n"});
}

void HtmlPage::element(std::string_view tag, std::string_view text) {
  body_ += joined({"<", tag, ">", escape_markup(text), "</", tag, ">\n"});
}

}  // namespace bauta
