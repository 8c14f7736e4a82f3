#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <stdexcept>

#include "cyclegan/evaluation/chart_plot.h"
#include "cyclegan/evaluation/charts.h"
#include "cyclegan/evaluation/html.h"
#include "cyclegan/evaluation/sheets.h"
#include "cyclegan/evaluation/text.h"
#include "tests/cyclegan/anonymizer_pictures.h"

using namespace bauta;
using test::smooth_picture;

namespace {

constexpr const char* kHostile = "<script>alert(\"1\" & '2')</script>";

std::size_t times_in(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// Every element that is opened is closed, in order; attributes are quoted; nothing is left of hostile text.
void check_markup(const std::string& markup) {
  std::vector<std::string> open;
  for (auto at = markup.find('<'); at != std::string::npos; at = markup.find('<', at + 1)) {
    const auto end = markup.find('>', at);
    REQUIRE(end != std::string::npos);
    const std::string tag = markup.substr(at + 1, end - at - 1);
    REQUIRE(times_in(tag, "\"") % 2 == 0);
    const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag[0] == '/') {
      REQUIRE_FALSE(open.empty());
      CHECK("/" + open.back() == tag);
      open.pop_back();
    } else if (tag.back() != '/' && tag[0] != '!' && name != "meta" && name != "img") {
      open.push_back(name);
    }
  }
  CHECK(open.empty());
  CHECK(markup.find("<script") == std::string::npos);
  CHECK(markup.find("nan") == std::string::npos);
  CHECK(markup.find("inf\"") == std::string::npos);
}

const ChartFrame kFrame{kHostile, {kHostile}, {kHostile}, {{ReferenceLine::Kind::Level, 0.5, kHostile}}};

}  // namespace

TEST_CASE("base64 is RFC 4648's") {
  const std::map<std::string, std::string> expected{{"", ""},
                                                    {"f", "Zg=="},
                                                    {"fo", "Zm8="},
                                                    {"foo", "Zm9v"},
                                                    {"foob", "Zm9vYg=="},
                                                    {"fooba", "Zm9vYmE="},
                                                    {"foobar", "Zm9vYmFy"},
                                                    {"\xFF\xFE\x80", "//6A"}};
  for (const auto& [bytes, text] : expected) CHECK(base64(bytes) == text);
  CHECK(base64(std::string(2, '\0')) == "AAA=");
}

TEST_CASE("text of a report: numbers in any size, markup escaped") {
  CHECK(number_text(0.65274) == "0.6527");
  CHECK(number_text(-12.5) == "\u221212.5");
  CHECK(number_text(-0.0) == "0");
  CHECK(number_text(20000) == "2e+04");
  CHECK(number_text(1.0 / 3, 2) == "0.33");
  CHECK(fixed_text(37.4361, 2) == "37.44");
  CHECK(fixed_text(1e300, 1).size() == 303);
  CHECK(figure_text({0.9, 0.85, 0.951, 100}, 2) == "0.90 [0.85, 0.95]");
  CHECK(escape_markup("a<b & \"c\" 'd' >\n\x01") == "a&lt;b &amp; &quot;c&quot; &#39;d&#39; &gt;\n\uFFFD");
}

TEST_CASE("axes: ticks at 1, 2, 5 times powers of ten, ranges widened to them unless given") {
  const std::vector<double> values{0.13, 0.97};
  const Scale linear = scale_of({"", {}, {}}, values);
  CHECK(linear.low == doctest::Approx(0));
  CHECK(linear.high == doctest::Approx(1));
  REQUIRE(linear.ticks.size() == 6);
  CHECK(linear.ticks[3].label == "0.6");
  CHECK(linear.share(0.25) == doctest::Approx(0.25));

  const Scale fixed = scale_of({"", -0.35, 0.35}, values);
  CHECK(fixed.low == -0.35);
  CHECK(fixed.ticks.front().at == doctest::Approx(-0.2));
  CHECK(fixed.ticks.back().at == doctest::Approx(0.2));

  const std::vector<double> decades{0, 1, 10000};  // the 0 has no place
  const Scale logarithmic = scale_of({"", {}, {}, true}, decades);
  CHECK(logarithmic.low == 1);
  REQUIRE(logarithmic.ticks.size() == 5);
  CHECK(logarithmic.share(100) == doctest::Approx(0.5));
  CHECK_FALSE(logarithmic.shows(0));

  const std::vector<double> one{4}, none{NAN, -1};
  CHECK(scale_of({}, one).share(4) == doctest::Approx(0.5).epsilon(0.5));
  CHECK_THROWS_AS(scale_of({}, {}), std::invalid_argument);
  CHECK_THROWS_AS(scale_of({"", {}, {}, true}, none), std::invalid_argument);
  CHECK_THROWS_AS(scale_of({"", 2, 1}, one), std::invalid_argument);
}

TEST_CASE("charts place what they are given") {
  ChartFrame frame{"points", {"x", 0, 10}, {"y", 0, 1}, {}};
  // disc around the middle of the left edge; the second point has no place
  const std::string points = scatter_chart(frame, {{"a", {0, 5}, {0.5, NAN}}});
  CHECK(times_in(points, "<path class=\"mark\"") == 2);  // and the legend's
  CHECK(points.find("d=\"M-3.5 140a") != std::string::npos);

  const std::string lines =
      line_chart(frame, {{"a", {0, 5, 6, 10}, {0, 1, NAN, 0.5}, {0, 0.5, 0.5, 0.25}, {1, 1, 1, 0.75}}});
  CHECK(lines.find("class=\"curve\" d=\"M0 280L320 0M640 140\"") != std::string::npos);
  CHECK(lines.find("class=\"band\" d=\"M0 0L320 0L384 0L640 70L640 210L384 140L320 140L0 280Z\"") !=
        std::string::npos);

  const std::string bars = bar_chart({"", {}, {"y", -1, 1}, {}}, {"one", "two"},
                                     {{"a", {{0.5, 0.25, 0.75, 9}, {-0.5, -1, 0, 9}}}});
  CHECK(bars.find("class=\"bar\" d=\"M129 140V70h62V140z\"") != std::string::npos);
  CHECK(bars.find("class=\"bar\" d=\"M449 140V210h62V140z\"") != std::string::npos);
  CHECK(bars.find("M160 105V35") != std::string::npos);
  CHECK(times_in(bars, "class=\"value\"") == 2);

  // three of four values in the first half, the last one on the upper edge
  const std::string shares =
      histogram_chart({"", {"x", 0, 1}, {"y", 0, 1}, {}}, {{"a", {0, 0.2, 0.49, 1}}}, 2);
  CHECK(shares.find("class=\"share\" d=\"M0 280V70h320V210h320V280Z\"") != std::string::npos);
}

TEST_CASE("charts are well-formed whatever they are called and given") {
  const std::vector<double> x{1, 2, 3}, y{0.1, 0.9, NAN};
  check_markup(scatter_chart(kFrame, {{kHostile, x, y}, {kHostile, x, y}, {"c", x, y}, {"d", x, y}}));
  check_markup(line_chart(kFrame, {{kHostile, x, y}, {"b", x, y, y, y}}));
  check_markup(bar_chart(kFrame, {kHostile, std::string(200, 'w')},
                         {{kHostile, {{0.5, 0.4, 0.6, 3}, {1, 1, 1, 3}}}, {"b", {{}, {}}}}));
  check_markup(histogram_chart(kFrame, {{kHostile, y}, {"b", {}}}));
  CHECK_THROWS_AS(scatter_chart(kFrame, {}), std::invalid_argument);
  CHECK_THROWS_AS(scatter_chart(kFrame, {{"a", x, {1}}}), std::invalid_argument);
  CHECK_THROWS_AS(line_chart(kFrame, {{"a", x, y, x, {}}}), std::invalid_argument);
  CHECK_THROWS_AS(bar_chart(kFrame, {"a", "b"}, {{"c", {{}}}}), std::invalid_argument);
  CHECK_THROWS_AS(bar_chart(kFrame, {}, {}), std::invalid_argument);
  CHECK_THROWS_AS(histogram_chart(kFrame, {{"a", x}}, 0), std::invalid_argument);
}

TEST_CASE("a page stands alone and is well-formed") {
  HtmlPage page(kHostile, kHostile);
  page.verdict(VerdictTone::Bad, kHostile, kHostile);
  page.heading(kHostile);
  page.subheading(kHostile);
  page.paragraph(kHostile);
  page.code(kHostile);
  page.figure(line_chart(kFrame, {{"a", {0, 1}, {0, 1}}}), kHostile);
  page.picture(smooth_picture(5, 4), kHostile, {kHostile, "b"});
  page.table({kHostile, {"a", kHostile}, {{kHostile, "1"}}});
  page.table({kHostile, {"a"}, {{"1"}, {"2"}}, true});
  const std::string html = page.finish();
  check_markup(html.substr(html.find("<body>"), html.find("</body>") + 7 - html.find("<body>")));
  CHECK(html.starts_with("<!DOCTYPE html>"));
  CHECK(html.find("prefers-color-scheme: dark") != std::string::npos);
  CHECK(html.find(base64(encode_png(smooth_picture(5, 4)))) != std::string::npos);
  CHECK(times_in(html, "<details>") == 1);
  // nothing is fetched
  CHECK(html.find("src=\"http") == std::string::npos);
  CHECK(html.find("url(") == std::string::npos);
  CHECK(html.find("@import") == std::string::npos);
  CHECK_THROWS_AS(page.table({"", {"a", "b"}, {{"1"}}}), std::invalid_argument);
}

TEST_CASE("a sheet is a grid with gaps, smaller pictures in the middle of their cells") {
  Image red = blank_image(4, 6), small = blank_image(2, 2);
  for (std::size_t i = 0; i < red.pixels.size(); i += 3) red.pixels[i] = 200;
  const Image sheet = picture_sheet({{red, small}, {small}}, 3);
  CHECK(sheet.width == 11);
  CHECK(sheet.height == 15);
  CHECK(crop(sheet, 0, 0, 4, 6) == red);
  CHECK(crop(sheet, 7 + 1, 2, 2, 2) == small);
  CHECK(crop(sheet, 1, 9 + 2, 2, 2) == small);
  CHECK(sheet.at(4, 0)[1] == 255);
  CHECK(sheet.at(7, 2)[1] == 255);
  CHECK(sheet.at(8, 12)[0] == 255);  // an empty cell
  CHECK_THROWS_AS(picture_sheet({}), std::invalid_argument);
  CHECK_THROWS_AS(picture_sheet({{}, {}}), std::invalid_argument);
}
