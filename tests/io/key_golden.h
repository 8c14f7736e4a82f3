// What PyNaCl and hashlib made of keys (tests/golden/generate_keys.py).
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "tests/io/temporary_folder.h"

namespace bauta {

inline std::filesystem::path key_golden_path(const std::string& name) {
  return std::filesystem::path(BAUTA_SOURCE_DIR) / "tests" / "golden" / name;
}

inline nlohmann::json key_golden() { return nlohmann::json::parse(get_file(key_golden_path("keys.json"))); }

inline std::string to_hex(std::span<const std::byte> bytes) {
  std::string digits;
  for (const std::byte byte : bytes) {
    digits += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4];
    digits += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15];
  }
  return digits;
}

inline std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

}  // namespace bauta
