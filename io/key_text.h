#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "io/secret_bytes.h"

namespace bauta {

// Keys as text, one line: the kind with its version, 32 bytes as 64 hexadecimal digits, and 8 more digits, a
// checksum that finds typing errors (the first 4 bytes of BLAKE2b-256 over the kind and the 32 bytes).
//
//     bauta-key-v1 8f0c…e1 5d20c7aa
inline constexpr std::string_view kSecretKeyKind = "bauta-key-v1";
inline constexpr std::string_view kPrivateKeyKind = "bauta-private-key-v1";
inline constexpr std::string_view kPublicKeyKind = "bauta-public-key-v1";

// With a newline at its end.
SecretBytes key_text(std::string_view kind, std::span<const std::byte> bytes);

// A key text taken apart.
struct KeyText {
  std::string kind;   // one of the three
  SecretBytes bytes;  // 32
};

// Takes upper case, and blanks and line ends around the line. Throws std::invalid_argument with "what is
// wrong; what to do", which holds nothing of the text.
KeyText parse_key_text(std::string_view text);

// Reads a file, or a pipe to its end. Throws FileError, also if it is of another kind than `kind` (any kind
// if empty), or holds a secret and is open to others than its owner.
KeyText read_key_text_file(const std::filesystem::path& path, std::string_view kind = "");

// Whether a file begins as key texts do. Throws FileError if it cannot be read.
bool is_key_file(const std::filesystem::path& path);

// "0123-4567-89ab-cdef".
std::string fingerprint_text(std::span<const std::byte, 8> bytes);

}  // namespace bauta
