#pragma once

#include <filesystem>
#include <variant>

#include "io/file_error.h"
#include "io/recipients.h"
#include "io/secret_bytes.h"
#include "io/secret_key.h"

namespace bauta {

// Bytes as the user typed them: no blank is trimmed, no character normalized.
struct Passphrase {
  SecretBytes text;
};
inline constexpr std::size_t kLeastNewPassphraseBytes = 8;  // of one that closes (NIST SP 800-63B)

// What opens: a key, a recipient's private key, or a passphrase.
using Opener = std::variant<SecretKey, PrivateKey, Passphrase>;

// What was closed under another key, or has been changed since.
class CannotOpen : public FileError {
 public:
  using FileError::FileError;
};

// The key in a file of either secret kind. Throws FileError as read_key_file does.
Opener read_opener_file(const std::filesystem::path& path);

}  // namespace bauta
