#include "cyclegan/evaluation/chart_plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numbers>
#include <stdexcept>
#include <utility>

#include "cyclegan/evaluation/report_style.h"
#include "cyclegan/evaluation/text.h"

namespace bauta {
namespace {

constexpr std::string_view kToTheLeft = " text-anchor=\"end\"", kCentred = " text-anchor=\"middle\"";
constexpr std::string_view kLevel = " class=\"level-label\"";
constexpr std::string_view kLabel = " class=\"label\"", kReference = " class=\"reference-label\"";
constexpr double kWidth = 720, kLeft = 64, kRight = 16;  // of the whole chart, and beside its data
constexpr int kTickDigits = 6;
constexpr double kTilt = 28;  // degrees, of labels too wide to stand side by side
constexpr double kBesideLabel = 10, kLeastWidth = 320;
constexpr double kLetter = 6.6;  // the mean width of a letter, generous, in pixels

double text_width(std::string_view text) {
  const auto letters = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  return kLetter * static_cast<double>(letters);
}

std::string text_at(double x, double y, std::string_view text, std::string_view attributes = "") {
  return joined({"<text x=\"", svg_number(x), "\" y=\"", svg_number(y), "\"", attributes, ">",
                 escape_markup(text), "</text>\n"});
}

std::string line(double x1, double y1, double x2, double y2, std::string_view style) {
  return joined({"<line x1=\"", svg_number(x1), "\" y1=\"", svg_number(y1), "\" x2=\"", svg_number(x2),
                 "\" y2=\"", svg_number(y2), "\" class=\"", style, "\"/>\n"});
}

// A group whose (0, 0) is (x, y), turned by so many degrees.
std::string moved(double x, double y, double degrees, std::string_view attributes, std::string_view svg) {
  return joined({"<g", attributes, " transform=\"translate(", svg_number(x), " ", svg_number(y), ") rotate(",
                 svg_number(degrees), ")\">", svg, "</g>\n"});
}

// 1, 2 or 5 times a power of ten, the first that is not below `step`.
double round_step(double step) {
  const double power = std::pow(10, std::floor(std::log10(step)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= step * (1 - 1e-9)) return factor * power;
  return 10 * power;
}

void add_linear_ticks(Scale& scale, bool free_low, bool free_high) {
  constexpr int kAboutTicks = 6;
  const double step = round_step((scale.high - scale.low) / kAboutTicks);
  constexpr double kSlack = 1e-6;  // of a step: rounding moves no tick over the edge
  if (free_low) scale.low = std::floor(scale.low / step + kSlack) * step;
  if (free_high) scale.high = std::ceil(scale.high / step - kSlack) * step;
  const double last = std::floor(scale.high / step + kSlack);
  for (double i = std::ceil(scale.low / step - kSlack); i <= last; ++i)
    scale.ticks.push_back({i * step, number_text(i * step, kTickDigits)});
}

void add_logarithmic_ticks(Scale& scale) {
  const double decades = std::log10(scale.high / scale.low);
  const double first = std::floor(std::log10(scale.low)), last = std::ceil(std::log10(scale.high));
  for (double exponent = first; exponent <= last; ++exponent)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10, exponent);
      const bool within = value >= scale.low * (1 - 1e-9) && value <= scale.high * (1 + 1e-9);
      if (within && (factor == 1 || decades < 3))
        scale.ticks.push_back({value, number_text(value, kTickDigits)});
    }
}

}  // namespace

double Scale::share(double value) const {
  if (logarithmic) return std::log(value / low) / std::log(high / low);
  return (value - low) / (high - low);
}

bool Scale::shows(double value) const { return std::isfinite(value) && (!logarithmic || value > 0); }

Scale scale_of(const Axis& axis, std::span<const double> values) {
  Scale scale{HUGE_VAL, -HUGE_VAL, axis.logarithmic, {}};
  for (const double value : values)
    if (scale.shows(value)) scale.low = std::min(scale.low, value), scale.high = std::max(scale.high, value);
  if (scale.low == scale.high) {  // one value: room on both sides
    const double room = scale.low == 0 || axis.logarithmic ? 1 : std::abs(scale.low) / 10;
    scale.low = axis.logarithmic ? scale.low / 2 : scale.low - room;
    scale.high = axis.logarithmic ? scale.high * 2 : scale.high + room;
  }
  if (axis.low) scale.low = *axis.low;
  if (axis.high) scale.high = *axis.high;
  if (!(scale.low < scale.high) || !scale.shows(scale.low) || !scale.shows(scale.high))
    throw std::invalid_argument("chart: an axis has no values to show, or no extent");
  if (scale.logarithmic)
    add_logarithmic_ticks(scale);
  else
    add_linear_ticks(scale, !axis.low, !axis.high);
  return scale;
}

std::string svg_number(double value) {
  // A mark far outside is not shown, wherever it is exactly.
  std::array<char, 32> buffer{};
  const long hundredths = std::lround(std::clamp(value, -1e6, 1e6) * 100);
  const long whole = std::labs(hundredths) / 100, rest = std::labs(hundredths) % 100;
  std::snprintf(buffer.data(), buffer.size(), "%s%ld.%02ld", hundredths < 0 ? "-" : "", whole, rest);
  std::string text(buffer.data());
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string series_class(std::size_t series) {
  return joined({" class=\"s", std::to_string(series % kSeriesColours), "\""});
}

Plot::Plot(const ChartFrame& frame, Scale x, Scale y)
    : frame_(frame), x_(std::move(x)), y_(std::move(y)), width_(kWidth - kLeft - kRight) {
  for (const ReferenceLine& reference : frame.references)
    if (reference.kind == ReferenceLine::Kind::Level)
      width_ = std::min(width_, kWidth - kLeft - kBesideLabel - text_width(reference.label));
  width_ = std::max(width_, kLeastWidth);
}

void Plot::legend(std::size_t series, std::string_view name, std::string_view swatch) {
  legend_.push_back({series, std::string(name), std::string(swatch)});
}

std::string Plot::legend_rows(double& top) const {
  constexpr double kRow = 20, kSwatch = 22, kBetween = 18;
  if (legend_.empty()) return "";
  std::string svg;
  double left = kLeft;
  top += kRow;
  for (const LegendEntry& entry : legend_) {
    const double width = kSwatch + text_width(entry.name) + kBetween;
    if (left > kLeft && left + width > kWidth) left = kLeft, top += kRow;
    svg += moved(left + 8, top - 4, 0, series_class(entry.series), entry.swatch);
    svg += text_at(left + kSwatch, top, entry.name, kLabel);
    left += width;
  }
  return svg;
}

double Plot::widest_label() const {
  double widest = 0;
  for (const Tick& tick : x_.ticks) widest = std::max(widest, text_width(tick.label));
  return widest;
}

bool Plot::tilted_labels() const {
  return (widest_label() + kLetter) * static_cast<double>(x_.ticks.size()) > width_;
}

std::string Plot::grid() const {
  std::string svg = joined(
      {"<rect class=\"frame\" width=\"", svg_number(width_), "\" height=\"", svg_number(kHeight), "\"/>\n"});
  for (const Tick& tick : y_.ticks) {
    svg += line(0, y(tick.at), width_, y(tick.at), "grid");
    svg += text_at(-8, y(tick.at) + 4, tick.label, kToTheLeft);
  }
  const bool tilted = tilted_labels();
  for (const Tick& tick : x_.ticks) {
    const double at = x(tick.at);
    svg += line(at, kHeight, at, kHeight + 5, "grid");
    if (tilted)
      svg += moved(at + 4, kHeight + 16, -kTilt, "", text_at(0, 0, tick.label, kToTheLeft));
    else
      svg += text_at(at, kHeight + 19, tick.label, kCentred);
  }
  return svg;
}

std::string Plot::references() const {
  std::string svg;
  for (const ReferenceLine& reference : frame_.references) {
    const bool level = reference.kind == ReferenceLine::Kind::Level;
    const Scale& scale = level ? y_ : x_;
    if (!scale.shows(reference.at) || scale.share(reference.at) < 0 || scale.share(reference.at) > 1)
      continue;
    const double at = level ? y(reference.at) : x(reference.at);
    if (level) {
      svg += line(0, at, width_, at, "reference");
      svg += text_at(width_ + kBesideLabel / 2, at + 4, reference.label, kLevel);
    } else {
      const bool to_the_left = at + text_width(reference.label) + kBesideLabel > width_;
      svg += line(at, 0, at, kHeight, "reference");
      svg += text_at(at + (to_the_left ? -5 : 5), 14, reference.label,
                     joined({kReference, to_the_left ? kToTheLeft : ""}));
    }
  }
  return svg;
}

std::string Plot::finish() const {
  double top = 0;
  std::string head;
  if (!frame_.title.empty()) head = text_at(0, top = 14, frame_.title, " class=\"title\"");
  head += legend_rows(top);
  top += 14;
  double bottom = top + kHeight + 24;
  if (tilted_labels()) bottom += widest_label() * std::sin(kTilt * std::numbers::pi / 180);
  if (!frame_.x.label.empty()) bottom += 20;

  const std::string data = joined({"<svg width=\"", svg_number(width_), "\" height=\"", svg_number(kHeight),
                                   "\" overflow=\"hidden\">\n", data_, "</svg>\n"});
  std::string svg = joined({"<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ",
                            svg_number(kWidth), " ", svg_number(bottom), "\" role=\"img\" aria-label=\"",
                            escape_markup(frame_.title.empty() ? frame_.y.label : frame_.title), "\">\n",
                            head, moved(kLeft, top, 0, "", joined({grid(), data, references()}))});
  const std::string attributes = joined({kLabel, kCentred});
  if (!frame_.x.label.empty()) svg += text_at(kLeft + width_ / 2, bottom - 4, frame_.x.label, attributes);
  if (!frame_.y.label.empty())
    svg += moved(14, top + kHeight / 2, -90, "", text_at(0, 0, frame_.y.label, attributes));
  return svg += "</svg>\n";
}

}  // namespace bauta
