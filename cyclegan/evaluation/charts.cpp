#include "cyclegan/evaluation/charts.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "cyclegan/evaluation/chart_plot.h"
#include "cyclegan/evaluation/text.h"

namespace bauta {
namespace {

constexpr std::string_view kLineSwatch = R"(<path class="curve" d="M-8 0H8"/>)";
constexpr std::string_view kBoxSwatch = R"(<rect class="bar" x="-7" y="-5" width="14" height="10"/>)";
constexpr std::string_view kShareSwatch = R"(<rect class="share" x="-7" y="-5" width="14" height="10"/>)";

void check(bool fits, const char* what) {
  if (!fits) throw std::invalid_argument(joined({"chart: ", what}));
}

void append(std::vector<double>& to, const std::vector<double>& values) {
  to.insert(to.end(), values.begin(), values.end());
}

std::string point(double x, double y) { return joined({svg_number(x), " ", svg_number(y)}); }

std::string path(std::string_view style, std::string_view steps) {
  return joined({"<path class=\"", style, "\" d=\"", steps, "\"/>"});
}

std::string grouped(std::size_t series, std::string_view svg) {
  return joined({"<g", series_class(series), ">", svg, "</g>"});
}

// A mark of the series around (x, y), about 8 pixels wide: disc, triangle, square, diamond.
std::string mark(std::size_t series, double x, double y) {
  const auto from = [x, y](double dx, double dy, std::string_view steps) {
    return path("mark", joined({"M", point(x + dx, y + dy), steps}));
  };
  switch (series % 4) {
    case 0:
      return from(-3.5, 0, "a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z");
    case 1:
      return from(0, -4.5, "l4.3 7.5h-8.6z");
    case 2:
      return from(-3.2, -3.2, "h6.4v6.4h-6.4z");
    default:
      return from(0, -4.6, "l4.6 4.6l-4.6 4.6l-4.6 -4.6z");
  }
}

// The points of one series, of which some may not be shown.
std::string curve(const Plot& plot, const LineSeries& series) {
  std::string steps;
  bool pen_down = false;
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const bool shown = plot.shows(series.x[i], series.y[i]);
    if (shown) steps += joined({pen_down ? "L" : "M", point(plot.x(series.x[i]), plot.y(series.y[i]))});
    pen_down = shown;
  }
  return path("curve", steps);
}

// Along the upper ends and back along the lower ones.
std::string band(const Plot& plot, const LineSeries& series) {
  std::vector<std::string> points;
  const auto visit = [&](std::size_t i, const std::vector<double>& ends) {
    if (plot.shows(series.x[i], series.low[i]) && plot.shows(series.x[i], series.high[i]))
      points.push_back(point(plot.x(series.x[i]), plot.y(ends[i])));
  };
  for (std::size_t i = 0; i < series.high.size(); ++i) visit(i, series.high);
  for (std::size_t i = series.low.size(); i > 0; --i) visit(i - 1, series.low);
  std::string steps;
  for (const std::string& at : points) steps += joined({steps.empty() ? "M" : "L", at});
  return steps.empty() ? "" : path("band", joined({steps, "Z"}));
}

// A bar from 0, its interval, and its value above both where there is room for it.
std::string bar(const Plot& plot, const Figure& figure, double left, double width) {
  const double zero = plot.y(0), top = plot.y(figure.mean), middle = left + width / 2;
  const double low = plot.y(figure.low), high = plot.y(figure.high), foot = std::min(5.0, width / 4);
  std::string svg = path("bar", joined({"M", point(left, zero), "V", svg_number(top), "h", svg_number(width),
                                        "V", svg_number(zero), "z"}));
  std::string whisker = joined({"M", point(middle, low), "V", svg_number(high)});
  for (const double end : {low, high})
    whisker += joined({"M", point(middle - foot, end), "h", svg_number(2 * foot)});
  svg += path("whisker", whisker);
  constexpr double kRoomForValue = 34;
  if (width < kRoomForValue) return svg;
  const double text = figure.mean >= 0 ? std::min(high, top) - 5 : std::max(low, top) + 13;
  return joined({svg, "<text class=\"value\" text-anchor=\"middle\" x=\"", svg_number(middle), "\" y=\"",
                 svg_number(text), "\">", number_text(figure.mean, 3), "</text>"});
}

// Shares of the series' values in equal parts of the scale.
std::vector<double> shares(const std::vector<double>& values, const Scale& scale, std::size_t bins) {
  std::vector<double> result(bins);
  for (const double value : values) {
    if (!scale.shows(value)) continue;
    const double place = scale.share(value) * static_cast<double>(bins);
    if (place < 0 || place > static_cast<double>(bins)) continue;
    result[std::min(bins - 1, static_cast<std::size_t>(place))] += 1 / static_cast<double>(values.size());
  }
  return result;
}

}  // namespace

std::string scatter_chart(const ChartFrame& frame, const std::vector<PointSeries>& series) {
  std::vector<double> x, y;
  for (const PointSeries& points : series) {
    check(points.x.size() == points.y.size(), "a series has not as many x as y");
    append(x, points.x), append(y, points.y);
  }
  Plot plot(frame, scale_of(frame.x, x), scale_of(frame.y, y));
  for (std::size_t s = 0; s < series.size(); ++s) {
    std::string marks;
    for (std::size_t i = 0; i < series[s].x.size(); ++i)
      if (plot.shows(series[s].x[i], series[s].y[i]))
        marks += mark(s, plot.x(series[s].x[i]), plot.y(series[s].y[i]));
    plot.draw(grouped(s, marks));
    plot.legend(s, series[s].name, mark(s, 0, 0));
  }
  return plot.finish();
}

std::string line_chart(const ChartFrame& frame, const std::vector<LineSeries>& series) {
  std::vector<double> x, y;
  for (const LineSeries& line : series) {
    check(line.x.size() == line.y.size(), "a series has not as many x as y");
    check(line.low.size() == line.high.size() && (line.low.empty() || line.low.size() == line.x.size()),
          "a series' band has not as many ends as the series has points");
    append(x, line.x), append(y, line.y), append(y, line.low), append(y, line.high);
  }
  Plot plot(frame, scale_of(frame.x, x), scale_of(frame.y, y));
  for (std::size_t s = 0; s < series.size(); ++s) plot.draw(grouped(s, band(plot, series[s])));
  for (std::size_t s = 0; s < series.size(); ++s) {
    plot.draw(grouped(s, curve(plot, series[s])));
    plot.legend(s, series[s].name, kLineSwatch);
  }
  return plot.finish();
}

std::string bar_chart(const ChartFrame& frame, const std::vector<std::string>& categories,
                      const std::vector<BarSeries>& series) {
  check(!categories.empty() && !series.empty(), "no bar to draw");
  constexpr double kRoomForValues = 1.1;  // above the highest bar
  std::vector<double> y{0};
  for (const BarSeries& bars : series) {
    check(bars.figures.size() == categories.size(), "a series has not as many bars as there are categories");
    for (const Figure& figure : bars.figures)
      for (const double end : {figure.mean, figure.low, figure.high}) y.push_back(kRoomForValues * end);
  }
  check(!frame.y.logarithmic, "bars begin at 0, which a logarithmic axis has not");
  Scale slots{-0.5, static_cast<double>(categories.size()) - 0.5, false, {}};
  for (std::size_t c = 0; c < categories.size(); ++c)
    slots.ticks.push_back({static_cast<double>(c), categories[c]});
  Plot plot(frame, slots, scale_of(frame.y, y));

  const double slot = plot.width() / static_cast<double>(categories.size());
  const double width = std::min(64.0, 0.8 * slot / static_cast<double>(series.size()));
  for (std::size_t s = 0; s < series.size(); ++s) {
    std::string bars;
    for (std::size_t c = 0; c < categories.size(); ++c) {
      const double offset = static_cast<double>(s) - static_cast<double>(series.size()) / 2;
      const double left = plot.x(static_cast<double>(c)) + offset * width;
      bars += bar(plot, series[s].figures[c], left + 1, width - 2);
    }
    plot.draw(grouped(s, bars));
    if (series.size() > 1) plot.legend(s, series[s].name, kBoxSwatch);
  }
  return plot.finish();
}

std::string histogram_chart(const ChartFrame& frame, const std::vector<ValueSeries>& series, int bins) {
  check(bins > 0, "a histogram needs a bin");
  std::vector<double> values;
  for (const ValueSeries& of : series) append(values, of.values);
  const Scale x = scale_of(frame.x, values);
  std::vector<std::vector<double>> heights;
  std::vector<double> y{0};
  for (const ValueSeries& of : series) {
    heights.push_back(shares(of.values, x, static_cast<std::size_t>(bins)));
    append(y, heights.back());
  }
  Plot plot(frame, x, scale_of(frame.y, y));
  const double width = plot.width() / bins;
  for (std::size_t s = 0; s < series.size(); ++s) {
    std::string steps = joined({"M", point(0, plot.y(0))});
    for (const double share : heights[s])
      steps += joined({"V", svg_number(plot.y(share)), "h", svg_number(width)});
    plot.draw(grouped(s, path("share", joined({steps, "V", svg_number(plot.y(0)), "Z"}))));
    plot.legend(s, series[s].name, kShareSwatch);
  }
  return plot.finish();
}

}  // namespace bauta
