#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "io/secret_key.h"

namespace bauta {

// The cipher for what is written into pixels: XChaCha20-Poly1305 (libsodium's, IETF construction), with its
// keystream as digits of any base instead of bits, since a pixel's residual has 2k + 1 values and no power of
// two.
class PictureCipher {
 public:
  static constexpr std::size_t kNonceBytes = 24;
  static constexpr std::size_t kTagBytes = 16;
  using Nonce = std::array<std::byte, kNonceBytes>;
  using Tag = std::array<std::byte, kTagBytes>;

  // Never twice the same key and nonce. The key must outlive the cipher.
  PictureCipher(const SecretKey& key, const Nonce& nonce);
  ~PictureCipher();
  PictureCipher(const PictureCipher&) = delete;
  PictureCipher& operator=(const PictureCipher&) = delete;

  // The next digit s of the keystream, exactly uniform in [0, base): a byte b of the stream is left out
  // unless b < base floor(256 / base), then s = b mod base. The stream is XChaCha20's from block 1 on, which
  // is what the AEAD would add to a message. 2 <= base <= 256.
  int next_digit(int base);

  // The AEAD's tag for no message and `bytes` as associated data (its Poly1305 key is block 0 of the stream).
  Tag tag(std::span<const std::byte> bytes) const;

 private:
  static constexpr std::size_t kBlockBytes = 64;  // of XChaCha20
  static constexpr std::size_t kStreamBytes = 16 * kBlockBytes;

  void refill();

  const SecretKey& key_;
  Nonce nonce_;
  std::uint64_t next_block_ = 1;
  std::array<std::uint8_t, kStreamBytes> stream_;  // a part of it
  std::size_t used_ = kStreamBytes;
};

bool equal(const PictureCipher::Tag& a, const PictureCipher::Tag& b);  // in constant time

// A random digit, exactly uniform in [0, base).
int random_digit(int base);

// The nonce that stands in the clear as digits: BLAKE2b-192 of them, a byte each.
PictureCipher::Nonce nonce_of(std::span<const std::uint8_t> digits);

// A passphrase's salt that stands in the clear as digits: BLAKE2b-128 of them.
using PassphraseSalt = std::array<std::byte, SecretKey::kSaltBytes>;
PassphraseSalt salt_of(std::span<const std::uint8_t> digits);

}  // namespace bauta
