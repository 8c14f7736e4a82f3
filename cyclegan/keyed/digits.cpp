#include "cyclegan/keyed/digits.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace bauta {
namespace {

__extension__ using Number = unsigned __int128;

constexpr std::size_t kMostGroupBytes = 15;  // with a digit more, still below 2^128

// The digits that `bytes` of one group need.
std::size_t group_digits(std::size_t bytes, int base) {
  Number largest = 0;
  for (std::size_t i = 0; i < bytes; ++i) largest = largest << 8 | 0xff;
  std::size_t digits = 0;
  for (; largest > 0; largest /= static_cast<unsigned>(base)) ++digits;
  return digits;
}

struct Group {
  std::size_t bytes, digits;
};

constexpr int kSmallestBase = 2, kLargestBase = 256;

Group find_best_group(int base) {
  Group best{1, group_digits(1, base)};
  for (std::size_t bytes = 2; bytes <= kMostGroupBytes; ++bytes) {
    const Group group{bytes, group_digits(bytes, base)};
    if (group.bytes * best.digits > best.bytes * group.digits) best = group;
  }
  return best;
}

// Found once: a search for regions asks 100,000 times.
Group best_group(int base) {
  if (base < kSmallestBase || base > kLargestBase)
    throw std::invalid_argument("digits: no base from 2 to 256");
  static const auto groups = [] {
    std::array<Group, kLargestBase + 1> all{};
    for (int each = kSmallestBase; each <= kLargestBase; ++each)
      all[static_cast<std::size_t>(each)] = find_best_group(each);
    return all;
  }();
  return groups[static_cast<std::size_t>(base)];
}

}  // namespace

std::size_t digits_for(std::size_t bytes, int base) {
  const Group group = best_group(base);
  return bytes / group.bytes * group.digits + group_digits(bytes % group.bytes, base);
}

std::vector<std::uint8_t> to_digits(std::string_view bytes, int base) {
  const Group group = best_group(base);
  std::vector<std::uint8_t> digits;
  digits.reserve(digits_for(bytes.size(), base));
  for (std::size_t start = 0; start < bytes.size(); start += group.bytes) {
    const std::string_view part = bytes.substr(start, group.bytes);
    Number number = 0;
    for (const char byte : part) number = number << 8 | static_cast<std::uint8_t>(byte);
    for (std::size_t i = group_digits(part.size(), base); i > 0; --i) {
      digits.push_back(static_cast<std::uint8_t>(number % static_cast<unsigned>(base)));
      number /= static_cast<unsigned>(base);
    }
  }
  return digits;
}

std::optional<std::string> from_digits(std::span<const std::uint8_t> digits, std::size_t bytes, int base) {
  const Group group = best_group(base);
  // Asked before memory is taken: the number of bytes may come from a damaged picture.
  if (bytes > digits.size() || digits_for(bytes, base) > digits.size()) return {};
  std::string result(bytes, '\0');
  for (std::size_t start = 0; start < bytes; start += group.bytes) {
    const std::size_t part = std::min(group.bytes, bytes - start);
    const std::size_t count = group_digits(part, base);
    Number number = 0;
    for (std::size_t i = count; i > 0; --i) number = number * static_cast<unsigned>(base) + digits[i - 1];
    if (number >> 8 * part != 0) return {};
    for (std::size_t i = part; i > 0; --i, number >>= 8)
      result[start + i - 1] = static_cast<char>(number & 0xff);
    digits = digits.subspan(count);
  }
  return result;
}

}  // namespace bauta
