#include "io/recipients.h"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "io/atomic_file.h"
#include "io/file_error.h"
#include "io/key_text.h"

namespace bauta {
namespace {

static_assert(PublicKey::kBytes == crypto_box_PUBLICKEYBYTES &&
              SecretKey::kBytes == crypto_box_SECRETKEYBYTES);
static_assert(kWrappedKeyBytes == crypto_box_SEALBYTES + SecretKey::kBytes);

std::filesystem::path public_path(const std::filesystem::path& path) { return path.string() + ".pub"; }

}  // namespace

PublicKey PublicKey::from_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() != kBytes) throw std::invalid_argument("PublicKey: a key has 32 bytes");
  PublicKey key;
  std::ranges::copy(bytes, key.bytes_.begin());
  return key;
}

std::string PublicKey::text() const {
  const SecretBytes line = key_text(kPublicKeyKind, bytes_);
  return std::string(line.text().substr(0, line.size() - 1));
}

std::string PublicKey::fingerprint() const {
  require_sodium();
  std::array<std::byte, 32> hash{};
  crypto_generichash_blake2b(sodium_bytes(std::span<std::byte>(hash)), hash.size(),
                             sodium_bytes(std::span<const std::byte>(bytes_)), kBytes, nullptr, 0);
  return fingerprint_text(std::span<const std::byte>(hash).first<8>());
}

PrivateKey::PrivateKey(SecretBytes bytes) : bytes_(std::move(bytes)) {
  std::array<std::byte, PublicKey::kBytes> point{};
  crypto_scalarmult_base(sodium_bytes(std::span<std::byte>(point)),
                         sodium_bytes(std::as_const(bytes_).bytes()));
  public_key_ = PublicKey::from_bytes(point);
}

PrivateKey PrivateKey::generate() { return from_bytes(SecretKey::generate().bytes()); }

PrivateKey PrivateKey::from_bytes(std::span<const std::byte> bytes) {
  if (bytes.size() != crypto_box_SECRETKEYBYTES)
    throw std::invalid_argument("PrivateKey: a key has 32 bytes");
  return PrivateKey(SecretBytes(bytes));
}

WrappedKey wrap_key(const SecretKey& key, const PublicKey& recipient) {
  require_sodium();
  WrappedKey wrapped{};
  // It refuses points of low order, with which anybody could open the box.
  if (crypto_box_seal(sodium_bytes(std::span<std::byte>(wrapped)), sodium_bytes(key.bytes()),
                      SecretKey::kBytes, sodium_bytes(recipient.bytes())) != 0)
    throw std::invalid_argument("wrap_key: with this public key anybody could open");
  return wrapped;
}

std::optional<SecretKey> unwrap_key(std::span<const std::byte, kWrappedKeyBytes> wrapped,
                                    const PrivateKey& recipient) {
  SecretBytes key(SecretKey::kBytes);
  if (crypto_box_seal_open(sodium_bytes(key.bytes()), sodium_bytes(std::span<const std::byte>(wrapped)),
                           wrapped.size(), sodium_bytes(recipient.public_key().bytes()),
                           sodium_bytes(recipient.bytes())) != 0)
    return std::nullopt;
  return SecretKey::from_bytes(key.bytes());
}

PublicKey read_public_key_file(const std::filesystem::path& path) {
  const PublicKey key = PublicKey::from_bytes(read_key_text_file(path, kPublicKeyKind).bytes.bytes());
  try {
    wrap_key(SecretKey::generate(), key);
  } catch (const std::invalid_argument&) {
    throw FileError(path, "holds a public key with which anybody could open", "ask its owner for it again");
  }
  return key;
}

PrivateKey read_private_key_file(const std::filesystem::path& path) {
  return PrivateKey::from_bytes(read_key_text_file(path, kPrivateKeyKind).bytes.bytes());
}

void write_key_pair_files(const std::filesystem::path& path, const PrivateKey& key, bool overwrite) {
  // The private key first: a public one that nobody can open for would be a trap.
  AtomicFile secret(path, overwrite, FileReaders::Owner);
  AtomicFile open(public_path(path), overwrite);
  secret.write(key_text(kPrivateKeyKind, key.bytes()).bytes());
  open.write(key.public_key().text() + "\n");
  secret.commit();
  open.commit();
}

}  // namespace bauta
