// Bytes as text, two hexadecimal digits each.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace bauta {

// In small letters. Not for secrets: the text is not wiped.
std::string hexadecimal(std::span<const std::byte> bytes);

// Whether the text is as many such digits as `into` takes, large or small, and nothing else; then they are
// there.
bool take_hexadecimal(std::string_view digits, std::span<std::byte> into);

}  // namespace bauta
