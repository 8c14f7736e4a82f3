#pragma once

#include <filesystem>
#include <variant>

#include "io/recipients.h"
#include "io/secret_bytes.h"
#include "io/secret_key.h"

namespace bauta {

// Bytes as the user typed them: no blank is trimmed, no character normalized.
struct Passphrase {
  SecretBytes text;
};

// What opens: a key, a recipient's private key, or a passphrase.
using Opener = std::variant<SecretKey, PrivateKey, Passphrase>;

// The key in a file of either secret kind. Throws FileError as read_key_file does.
Opener read_opener_file(const std::filesystem::path& path);

}  // namespace bauta
