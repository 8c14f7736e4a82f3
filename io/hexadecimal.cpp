#include "io/hexadecimal.h"

#include <sodium.h>

#include "io/secret_bytes.h"

namespace bauta {

std::string hexadecimal(std::span<const std::byte> bytes) {
  if (bytes.empty()) return {};  // libsodium's functions take no null pointer
  std::string text(2 * bytes.size() + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), sodium_bytes(bytes), bytes.size());
  text.pop_back();
  return text;
}

bool take_hexadecimal(std::string_view digits, std::span<std::byte> into) {
  if (into.empty()) return digits.empty();
  std::size_t count = 0;
  const char* end = nullptr;
  return digits.size() == 2 * into.size() &&
         sodium_hex2bin(sodium_bytes(into), into.size(), digits.data(), digits.size(), nullptr, &count,
                        &end) == 0 &&
         count == into.size() && end == digits.data() + digits.size();
}

}  // namespace bauta
