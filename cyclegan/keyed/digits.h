// Bytes as digits of any base from 2 to 256, and back. Groups of up to 15 bytes, the size chosen by the base
// so that least is lost (base 15: 15 bytes in 31 digits, 99 % of what 31 digits could hold); the last group
// is shorter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bauta {

// How many digits so many bytes become.
std::size_t digits_for(std::size_t bytes, int base);

// Each group is one number, its first byte the most significant; its digits come least significant first.
std::vector<std::uint8_t> to_digits(std::string_view bytes, int base);

// The bytes that became the first digits_for(bytes, base) digits; nothing if no bytes become these digits, or
// there are fewer.
std::optional<std::string> from_digits(std::span<const std::uint8_t> digits, std::size_t bytes, int base);

}  // namespace bauta
