#include "cyclegan/report/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <stdexcept>

namespace bauta {
namespace {

constexpr std::string_view kMinus = "\xE2\x88\x92";        // U+2212, as wide as a plus
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

std::string with_minus_sign(std::string_view digits) {
  if (digits.empty() || digits[0] != '-') return std::string(digits);
  return joined({kMinus, digits.substr(1)});
}

std::string formatted(double value, std::chars_format format, int precision) {
  std::array<char, 400> buffer{};  // the largest double has 309 digits before its point
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format, precision);
  if (end.ec != std::errc{}) throw std::invalid_argument("a number with more digits than a report can hold");
  return std::string(buffer.data(), end.ptr);
}

}  // namespace

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string result;
  for (const std::string_view part : parts) result += part;
  return result;
}

std::string escape_markup(std::string_view text) {
  std::string result;
  for (const char c : text) switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r')
          result += kReplacement;
        else
          result += c;
    }
  return result;
}

std::string number_text(double value, int digits) {
  if (value == 0) return "0";  // -0 as well
  return with_minus_sign(formatted(value, std::chars_format::general, digits));
}

double rounded(double value) { return std::round(value * 1e4) / 1e4; }

std::string fixed_text(double value, int decimals) {
  return with_minus_sign(formatted(value, std::chars_format::fixed, decimals));
}

std::string figure_text(const Figure& figure, int decimals) {
  if (figure.n < 2) return fixed_text(figure.mean, decimals);  // one value has no interval
  return joined({fixed_text(figure.mean, decimals), " [", fixed_text(figure.low, decimals), ", ",
                 fixed_text(figure.high, decimals), "]"});
}

std::string figure_text(const std::optional<Figure>& figure, int decimals, double factor) {
  if (!figure) return "–";
  return figure_text(Figure{factor * figure->mean, factor * figure->low, factor * figure->high, figure->n},
                     decimals);
}

std::string counted(std::size_t count, const std::string& what) {
  return joined({std::to_string(count), " ", what, count == 1 ? "" : "s"});
}

std::string percent(const std::optional<Figure>& share) { return figure_text(share, 1, 100); }

std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  result.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = (group << 8) | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k) result += k <= count ? kDigits[(group >> (18 - 6 * k)) & 63] : '=';
  }
  return result;
}

}  // namespace bauta
