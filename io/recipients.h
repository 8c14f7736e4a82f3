#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "io/secret_bytes.h"
#include "io/secret_key.h"

namespace bauta {

// Recipients: people who may open what was closed for them, each with a key pair (X25519). Whoever closes
// needs nothing but their public keys.

// Anybody may have it.
class PublicKey {
 public:
  static constexpr std::size_t kBytes = 32;

  // Throws std::invalid_argument if the bytes are not 32.
  static PublicKey from_bytes(std::span<const std::byte> bytes);
  // "bauta-public-key-v1 …" (io/key_text.h), without a newline.
  std::string text() const;
  // For telling keys apart: 64 bits of a hash, "0123-4567-89ab-cdef".
  std::string fingerprint() const;
  std::span<const std::byte, kBytes> bytes() const { return bytes_; }
  bool operator==(const PublicKey&) const = default;

 private:
  std::array<std::byte, kBytes> bytes_{};
};

// The recipient's alone.
class PrivateKey {
 public:
  static PrivateKey generate();
  // The key with these 32 bytes. Throws std::invalid_argument.
  static PrivateKey from_bytes(std::span<const std::byte> bytes);

  const PublicKey& public_key() const { return public_key_; }
  std::span<const std::byte> bytes() const { return bytes_.bytes(); }

 private:
  explicit PrivateKey(SecretBytes bytes);

  SecretBytes bytes_;
  PublicKey public_key_;
};

// A wrapped key: a sealed box of libsodium's (an ephemeral X25519 key, then XSalsa20-Poly1305), which does
// not tell for whom it is.
inline constexpr std::size_t kWrappedKeyBytes = 80;
using WrappedKey = std::array<std::byte, kWrappedKeyBytes>;
// Throws std::invalid_argument for points of low order, with which anybody could open.
WrappedKey wrap_key(const SecretKey& key, const PublicKey& recipient);
// Nothing if it was wrapped for somebody else, or changed.
std::optional<SecretKey> unwrap_key(std::span<const std::byte, kWrappedKeyBytes> wrapped,
                                    const PrivateKey& recipient);

// Files of one line each. The private one is for its owner alone, as read_key_file says. Throw FileError.
PublicKey read_public_key_file(const std::filesystem::path& path);
PrivateKey read_private_key_file(const std::filesystem::path& path);
// `path` and then, beside it, `path`.pub.
void write_key_pair_files(const std::filesystem::path& path, const PrivateKey& key, bool overwrite = false);

}  // namespace bauta
