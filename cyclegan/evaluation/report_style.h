// How a report looks: the one place for its colours, type and spacing.
#pragma once

#include <string_view>

namespace bauta {

// The page's style sheet: variables for light and dark, the elements of html.h and the classes of charts.h.
std::string_view report_style();

// Series of a chart have the classes s0 to s5; colours told apart by the colour-blind (Okabe & Ito 2008),
// lighter ones in the dark.
inline constexpr int kSeriesColours = 6;

}  // namespace bauta
