#include "io/secret_key.h"

#include <sodium.h>

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>

#include "io/atomic_file.h"
#include "io/key_text.h"

namespace bauta {
namespace {

static_assert(SecretKey::kSaltBytes == crypto_pwhash_argon2id_SALTBYTES);

constexpr std::size_t kFingerprintBytes = 8;

}  // namespace

bool is_allowed(const PassphraseCost& cost) {
  return cost.passes >= kLowestPassphraseCost.passes && cost.passes <= kHighestPassphraseCost.passes &&
         cost.mebibytes >= kLowestPassphraseCost.mebibytes &&
         cost.mebibytes <= kHighestPassphraseCost.mebibytes;
}

SecretKey SecretKey::generate() {
  SecretKey key;
  randombytes_buf(key.bytes_.bytes().data(), kBytes);
  return key;
}

SecretKey SecretKey::from_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() != kBytes) throw std::invalid_argument("SecretKey: a key has 32 bytes");
  SecretKey key;
  std::ranges::copy(bytes, key.bytes_.bytes().begin());
  return key;
}

SecretKey SecretKey::from_passphrase(const SecretBytes& passphrase,
                                     std::span<const std::byte, kSaltBytes> salt,
                                     const PassphraseCost& cost) {
  if (!is_allowed(cost)) throw std::invalid_argument("SecretKey: the passphrase's cost is not allowed");
  SecretKey key;
  if (crypto_pwhash_argon2id(sodium_bytes(key.bytes_.bytes()), kBytes, passphrase.text().data(),
                             passphrase.size(), sodium_bytes(std::span<const std::byte>(salt)), cost.passes,
                             std::size_t{cost.mebibytes} << 20, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
    throw std::bad_alloc();  // the one way in which it fails with such arguments
  return key;
}

SecretKey SecretKey::derive(std::string_view context, std::span<const std::byte> salt) const {
  std::array<unsigned char, 8> length{};
  for (std::size_t i = 0; i < length.size(); ++i)
    length[i] = static_cast<unsigned char>(std::uint64_t{context.size()} >> 8 * i);
  SecretBytes memory(sizeof(crypto_generichash_blake2b_state) + 63);  // the state wants 64-byte alignment
  void* place = memory.bytes().data();
  std::size_t space = memory.size();
  auto* state = static_cast<crypto_generichash_blake2b_state*>(
      std::align(64, sizeof(crypto_generichash_blake2b_state), place, space));
  SecretKey key;
  crypto_generichash_blake2b_init(state, sodium_bytes(bytes_.bytes()), kBytes, kBytes);
  crypto_generichash_blake2b_update(state, length.data(), length.size());
  crypto_generichash_blake2b_update(state, reinterpret_cast<const unsigned char*>(context.data()),
                                    context.size());
  crypto_generichash_blake2b_update(state, sodium_bytes(salt), salt.size());
  crypto_generichash_blake2b_final(state, sodium_bytes(key.bytes_.bytes()), kBytes);
  return key;
}

std::string SecretKey::fingerprint() const {
  return fingerprint_text(derive("bauta fingerprint", {}).bytes().first<kFingerprintBytes>());
}

SecretKey read_key_file(const std::filesystem::path& path) {
  return SecretKey::from_bytes(read_key_text_file(path, kSecretKeyKind).bytes.bytes());
}

void write_key_file(const std::filesystem::path& path, const SecretKey& key, bool overwrite) {
  AtomicFile file(path, overwrite, FileReaders::Owner);
  file.write(key_text(kSecretKeyKind, key.bytes()).bytes());
  file.commit();
}

}  // namespace bauta
