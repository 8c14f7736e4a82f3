#include "io/picture_cipher.h"

#include <sodium.h>

namespace bauta {

static_assert(PictureCipher::kNonceBytes == crypto_stream_xchacha20_NONCEBYTES);
static_assert(PictureCipher::kNonceBytes == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
static_assert(PictureCipher::kTagBytes == crypto_aead_xchacha20poly1305_ietf_ABYTES);
static_assert(SecretKey::kBytes == crypto_stream_xchacha20_KEYBYTES);

PictureCipher::PictureCipher(const SecretKey& key, const Nonce& nonce) : key_(key), nonce_(nonce) {}

PictureCipher::~PictureCipher() { sodium_memzero(stream_.data(), stream_.size()); }

void PictureCipher::refill() {
  stream_.fill(0);
  crypto_stream_xchacha20_xor_ic(stream_.data(), stream_.data(), stream_.size(),
                                 sodium_bytes(std::span<const std::byte>(nonce_)), next_block_,
                                 sodium_bytes(key_.bytes()));
  next_block_ += stream_.size() / kBlockBytes;
  used_ = 0;
}

int PictureCipher::next_digit(int base) {
  const int limit = 256 / base * base;
  for (;;) {
    if (used_ == stream_.size()) refill();
    const int byte = stream_[used_++];
    if (byte < limit) return byte % base;
  }
}

PictureCipher::Tag PictureCipher::tag(std::span<const std::byte> bytes) const {
  Tag tag{};
  unsigned char nothing = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
      &nothing, sodium_bytes(std::span<std::byte>(tag)), nullptr, &nothing, 0, sodium_bytes(bytes),
      bytes.size(), nullptr, sodium_bytes(std::span<const std::byte>(nonce_)), sodium_bytes(key_.bytes()));
  return tag;
}

bool equal(const PictureCipher::Tag& a, const PictureCipher::Tag& b) {
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

int random_digit(int base) {
  require_sodium();
  return static_cast<int>(randombytes_uniform(static_cast<std::uint32_t>(base)));
}

namespace {

template <std::size_t kBytes>
std::array<std::byte, kBytes> hash_of(std::span<const std::uint8_t> digits) {
  std::array<std::byte, kBytes> hash{};
  crypto_generichash(sodium_bytes(std::span<std::byte>(hash)), hash.size(), digits.data(), digits.size(),
                     nullptr, 0);
  return hash;
}

}  // namespace

PictureCipher::Nonce nonce_of(std::span<const std::uint8_t> digits) {
  return hash_of<PictureCipher::kNonceBytes>(digits);
}

PassphraseSalt salt_of(std::span<const std::uint8_t> digits) {
  return hash_of<SecretKey::kSaltBytes>(digits);
}

}  // namespace bauta
