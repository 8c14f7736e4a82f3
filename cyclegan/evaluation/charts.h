// Charts as inline SVG for a report's page, whose style sheet (report_style.h) gives them their colours. No
// script; all text is escaped. All throw std::invalid_argument where there is nothing to draw, lengths do not
// fit, or an axis has no extent.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cyclegan/evaluation/bootstrap.h"

namespace bauta {

struct Axis {
  std::string label;
  std::optional<double> low = {};  // of the data where not given, then widened to whole ticks
  std::optional<double> high = {};
  bool logarithmic = false;  // what is not above 0 is then left out
};

// A dashed line across the chart, at a level (of the y axis; its label to the right of the chart, so a short
// one) or a place (of the x axis). Outside the range it is left out.
struct ReferenceLine {
  enum class Kind { Level, Place };
  Kind kind = Kind::Level;
  double at = 0;
  std::string label;
};

struct ChartFrame {
  std::string title;
  Axis x;
  Axis y;
  std::vector<ReferenceLine> references = {};
};

// Points; each series has a colour and a shape of mark.
struct PointSeries {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
};
std::string scatter_chart(const ChartFrame& frame, const std::vector<PointSeries>& series);

// Points in the order of x, joined; the line is broken where one is not finite. With low and high, one for
// each point: the band between them.
struct LineSeries {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> low = {};
  std::vector<double> high = {};
};
std::string line_chart(const ChartFrame& frame, const std::vector<LineSeries>& series);

// A bar a category and series, from 0, with its interval and its value; frame.x has the label alone.
struct BarSeries {
  std::string name;
  std::vector<Figure> figures;  // one a category
};
std::string bar_chart(const ChartFrame& frame, const std::vector<std::string>& categories,
                      const std::vector<BarSeries>& series);

// The share of each series' values that fall into each of `bins` equal parts of the x axis; values outside a
// given range count in no part, but in the whole. frame.y has the label alone.
struct ValueSeries {
  std::string name;
  std::vector<double> values;
};
std::string histogram_chart(const ChartFrame& frame, const std::vector<ValueSeries>& series, int bins = 40);

}  // namespace bauta
