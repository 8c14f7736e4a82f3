#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "io/secret_bytes.h"

namespace bauta {

// What Argon2id costs (RFC 9106): passes over that much memory.
struct PassphraseCost {
  std::uint32_t passes = 3;
  std::uint32_t mebibytes = 256;
};
inline constexpr PassphraseCost kUsualPassphraseCost{};
// The least that keeps a good passphrase (OWASP's password storage cheat sheet), and the most that a file may
// ask of the machine that opens it.
inline constexpr PassphraseCost kLowestPassphraseCost{2, 19};
inline constexpr PassphraseCost kHighestPassphraseCost{8, 1024};
bool is_allowed(const PassphraseCost& cost);

// A symmetric key: 32 secret bytes.
class SecretKey {
 public:
  static constexpr std::size_t kBytes = 32;
  static constexpr std::size_t kSaltBytes = 16;  // of from_passphrase

  // 32 random bytes.
  static SecretKey generate();
  // The key with these bytes. Throws std::invalid_argument if they are not 32.
  static SecretKey from_bytes(std::span<const std::byte> bytes);
  // Argon2id (version 1.3, one lane). Throws std::invalid_argument if the cost is not allowed, and
  // std::bad_alloc if there is no memory for it.
  static SecretKey from_passphrase(const SecretBytes& passphrase, std::span<const std::byte, kSaltBytes> salt,
                                   const PassphraseCost& cost);

  // A key for one purpose (context, "bauta picture") and one use (salt, a picture's nonce), which tells
  // nothing of this one or of its siblings: BLAKE2b-256, keyed with this key, over the length of the context
  // (8 bytes, little-endian), the context, and the salt.
  SecretKey derive(std::string_view context, std::span<const std::byte> salt) const;

  // For telling keys apart, not secret: 64 bits of a derived key, "0123-4567-89ab-cdef".
  std::string fingerprint() const;

  std::span<const std::byte, kBytes> bytes() const { return bytes_.bytes().first<kBytes>(); }

 private:
  SecretKey() : bytes_(kBytes) {}

  SecretBytes bytes_;
};

// A key file is one line of text, "bauta-key-v1 ", the key as 64 hexadecimal digits, a blank and a checksum
// (io/key_text.h). read_key_file also takes a pipe, for keys that come from elsewhere. Throws FileError; also
// if the file is readable or writable by anybody but its owner, since a warning would be overlooked and
// `chmod 600` is all it takes. No error holds a part of the key.
SecretKey read_key_file(const std::filesystem::path& path);

// Readable by its owner alone, complete or not at all (AtomicFile).
void write_key_file(const std::filesystem::path& path, const SecretKey& key, bool overwrite = false);

}  // namespace bauta
