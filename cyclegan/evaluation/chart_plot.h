// What all charts share: scales, grid, ticks, labels, reference lines, legend.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cyclegan/evaluation/charts.h"

namespace bauta {

struct Tick {
  double at = 0;
  std::string label;
};

// An axis with its range settled.
struct Scale {
  double low = 0;
  double high = 1;
  bool logarithmic = false;
  std::vector<Tick> ticks;

  double share(double value) const;  // 0 at low, 1 at high
  bool shows(double value) const;    // finite, and above 0 where logarithmic; it may lie outside the range
};

// The range of the values that the axis shows, or what it says itself, and ticks at 1, 2 or 5 times powers of
// ten. Throws std::invalid_argument if there is no such value or no extent.
Scale scale_of(const Axis& axis, std::span<const double> values);

// A number as SVG has it, hundredths of a pixel.
std::string svg_number(double value);

// ` class="s0"` and so on.
std::string series_class(std::size_t series);

class Plot {
 public:
  static constexpr double kHeight = 280;  // of the part with the data

  Plot(const ChartFrame& frame, Scale x, Scale y);

  double width() const { return width_; }  // of the part with the data: what levels' labels leave of it

  // In pixels from the top left corner of the part with the data.
  double x(double value) const { return x_.share(value) * width_; }
  double y(double value) const { return (1 - y_.share(value)) * kHeight; }
  bool shows(double x, double y) const { return x_.shows(x) && y_.shows(y); }

  // Markup inside the part with the data, cut off at its edges.
  void draw(std::string_view svg) { data_.append(svg).append("\n"); }

  // A line in the legend; `swatch` is drawn around (0, 0), about 16 by 10 pixels.
  void legend(std::size_t series, std::string_view name, std::string_view swatch);

  std::string finish() const;

 private:
  struct LegendEntry {
    std::size_t series;
    std::string name, swatch;
  };
  std::string grid() const;
  std::string references() const;
  std::string legend_rows(double& top) const;
  double widest_label() const;
  bool tilted_labels() const;

  ChartFrame frame_;
  Scale x_, y_;
  double width_;
  std::string data_;
  std::vector<LegendEntry> legend_;
};

}  // namespace bauta
