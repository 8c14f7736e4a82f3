// Keys of bauta.h.
#include <cstring>

#include "apps/capi/guard.h"
#include "apps/capi/keys.h"
#include "io/atomic_file.h"
#include "io/key_text.h"

namespace {

using namespace bauta;
using capi::guarded;
using capi::making;
using capi::refuse;
using capi::require;

template <class Key>
std::unique_ptr<bauta_key> handle_of(Key key) {
  return std::unique_ptr<bauta_key>(new bauta_key{std::move(key)});
}

std::unique_ptr<bauta_key> handle_of_text(const KeyText& text) {
  const std::span<const std::byte> bytes = text.bytes.bytes();
  if (text.kind == kSecretKeyKind) return handle_of(SecretKey::from_bytes(bytes));
  if (text.kind == kPrivateKeyKind) return handle_of(PrivateKey::from_bytes(bytes));
  return handle_of(PublicKey::from_bytes(bytes));
}

const bauta_key& checked(const bauta_key* key) {
  require(key != nullptr, "there is no key");
  return *key;
}

// The key's line, with its newline.
SecretBytes line_of(const bauta_key& handle) {
  if (const auto* secret = std::get_if<SecretKey>(&handle.key))
    return key_text(kSecretKeyKind, secret->bytes());
  if (const auto* own = std::get_if<PrivateKey>(&handle.key)) return key_text(kPrivateKeyKind, own->bytes());
  if (const auto* open = std::get_if<PublicKey>(&handle.key)) return key_text(kPublicKeyKind, open->bytes());
  refuse("a passphrase has no text of a key");
}

std::string fingerprint_of(const bauta_key& handle) {
  if (const auto* secret = std::get_if<SecretKey>(&handle.key)) return secret->fingerprint();
  if (const auto* own = std::get_if<PrivateKey>(&handle.key)) return own->public_key().fingerprint();
  if (const auto* open = std::get_if<PublicKey>(&handle.key)) return open->fingerprint();
  refuse("a passphrase has no fingerprint");
}

void put_text(std::string_view text, char* buffer, std::size_t size) {
  require(buffer != nullptr, "there is no buffer");
  if (text.size() >= size)
    throw capi::Failure(BAUTA_BUFFER_TOO_SMALL, "the buffer has " + std::to_string(size) + " bytes; " +
                                                    std::to_string(text.size() + 1) + " are needed");
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
}

Passphrase copy_of(const Passphrase& passphrase) { return {SecretBytes(passphrase.text.bytes())}; }

}  // namespace

namespace bauta::capi {

Opener opener_of(const bauta_key* key) {
  const auto& held = checked(key).key;
  if (const auto* secret = std::get_if<SecretKey>(&held)) return SecretKey::from_bytes(secret->bytes());
  if (const auto* passphrase = std::get_if<Passphrase>(&held)) return copy_of(*passphrase);
  if (const auto* own = std::get_if<PrivateKey>(&held)) return PrivateKey::from_bytes(own->bytes());
  refuse("a public key opens nothing; pass the private key that belongs to it");
}

Closer closer_of(const bauta_key* key, bool recipients) {
  if (!key) {
    require(recipients, "there is neither a key nor a recipient");
    return KeyForRecipients{};
  }
  if (const auto* secret = std::get_if<SecretKey>(&key->key)) return SecretKey::from_bytes(secret->bytes());
  const auto* passphrase = std::get_if<Passphrase>(&key->key);
  require(passphrase != nullptr, "key is a recipient's; pass a public key among the recipients");
  require(passphrase->text.size() >= kLeastNewPassphraseBytes, "the passphrase is shorter than 8 bytes");
  return copy_of(*passphrase);
}

std::vector<PublicKey> recipients_of(const bauta_key* const* keys, std::size_t count) {
  require(count == 0 || keys != nullptr, "there are no recipients, but a count of them");
  require(count <= kMostRecipients, "there are more than 100 recipients");
  std::vector<PublicKey> recipients;
  for (std::size_t i = 0; i < count; ++i) {
    const auto* open = std::get_if<PublicKey>(&checked(keys[i]).key);
    require(open != nullptr, "recipient " + std::to_string(i + 1) + " is no public key");
    recipients.push_back(*open);
  }
  return recipients;
}

}  // namespace bauta::capi

bauta_status bauta_key_generate(bauta_key** key) noexcept {
  return making<bauta_key>(__func__, key, [] { return handle_of(SecretKey::generate()); });
}

bauta_status bauta_key_generate_private(bauta_key** key) noexcept {
  return making<bauta_key>(__func__, key, [] { return handle_of(PrivateKey::generate()); });
}

bauta_status bauta_key_public(const bauta_key* private_key, bauta_key** key) noexcept {
  return making<bauta_key>(__func__, key, [&] {
    const auto* own = std::get_if<PrivateKey>(&checked(private_key).key);
    require(own != nullptr, "the key is no private key, which alone has a public one");
    return handle_of(own->public_key());
  });
}

bauta_status bauta_key_from_text(const char* text, bauta_key** key) noexcept {
  return making<bauta_key>(__func__, key, [&] {
    require(text != nullptr, "there is no text");
    return handle_of_text(parse_key_text(text));
  });
}

bauta_status bauta_key_from_file(const char* path, bauta_key** key) noexcept {
  return making<bauta_key>(__func__, key, [&] {
    require(path != nullptr, "there is no path");
    return handle_of_text(read_key_text_file(path));
  });
}

bauta_status bauta_key_from_passphrase(const char* passphrase, size_t length, bauta_key** key) noexcept {
  return making<bauta_key>(__func__, key, [&] {
    require(passphrase != nullptr && length > 0, "there is no passphrase");
    return handle_of(Passphrase{SecretBytes(std::as_bytes(std::span(passphrase, length)))});
  });
}

int32_t bauta_key_kind(const bauta_key* key) noexcept {
  constexpr int32_t kKinds[] = {BAUTA_SECRET_KEY, BAUTA_PASSPHRASE, BAUTA_PRIVATE_KEY, BAUTA_PUBLIC_KEY};
  return key ? kKinds[key->key.index()] : 0;
}

bauta_status bauta_key_text(const bauta_key* key, char* buffer, size_t size) noexcept {
  return guarded(__func__, [&] {
    const SecretBytes line = line_of(checked(key));
    std::string_view text = line.text();
    put_text(text.substr(0, text.find('\n')), buffer, size);
  });
}

bauta_status bauta_key_fingerprint(const bauta_key* key, char* buffer, size_t size) noexcept {
  return guarded(__func__, [&] { put_text(fingerprint_of(checked(key)), buffer, size); });
}

bauta_status bauta_key_write_file(const bauta_key* key, const char* path, int32_t overwrite) noexcept {
  return guarded(__func__, [&] {
    require(path != nullptr, "there is no path");
    if (const auto* secret = std::get_if<SecretKey>(&checked(key).key))
      write_key_file(path, *secret, overwrite != 0);
    else if (const auto* own = std::get_if<PrivateKey>(&key->key))
      write_key_pair_files(path, *own, overwrite != 0);
    else
      write_file_atomically(path, line_of(*key).text(), overwrite != 0);
  });
}

void bauta_key_free(bauta_key* key) noexcept { delete key; }
