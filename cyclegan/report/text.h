// Numbers and names as a report writes them.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "cyclegan/evaluation/bootstrap.h"

namespace bauta {

// The parts, one after the other.
std::string joined(std::initializer_list<std::string_view> parts);

// Safe between HTML or SVG tags and inside quoted attributes: & < > " ' become entities, control characters
// that no markup may hold (all below U+0020 but tab and line ends) become U+FFFD. UTF-8 in, UTF-8 out.
std::string escape_markup(std::string_view text);

// "0.6527", "-12.5", "1.2e+06": `digits` significant digits, trailing zeros dropped, a minus sign in front of
// negative numbers, in any locale; "inf" and "nan" as such.
std::string number_text(double value, int digits = 4);

// "37.44 [37.01, 37.86]": the value and its interval, with a fixed number of decimals.
std::string figure_text(const Figure& figure, int decimals);
// The same times `factor`; a dash where there is none.
std::string figure_text(const std::optional<Figure>& figure, int decimals, double factor = 1);
// In percent: 0.373 as "37.3 [36.0, 38.9]".
std::string percent(const std::optional<Figure>& share);

// "1 face", "3 faces".
std::string counted(std::size_t count, const std::string& what);

// To four decimals: what JSON has of shares, scores and seconds.
double rounded(double value);

// With a fixed number of decimals, for columns of a table.
std::string fixed_text(double value, int decimals);

// Base64 (RFC 4648, section 4, with padding) of any bytes.
std::string base64(std::string_view bytes);

}  // namespace bauta
