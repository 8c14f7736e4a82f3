#include "io/locked_header.h"

#include <sodium.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "io/file_error.h"

namespace bauta {
namespace {

constexpr std::string_view kMagic = "bauta locked v1\n";
constexpr std::size_t kVersionPlace = kMagic.find('1');
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kBoxBytes = SecretKey::kBytes + crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kNumberBytes = 4;
constexpr std::string_view kWayContext = "bauta locked file: way";

std::size_t way_bytes(WayKind kind) {
  switch (kind) {
    case WayKind::Key:
      return 1 + kNonceBytes + kBoxBytes;
    case WayKind::Passphrase:
      return 1 + SecretKey::kSaltBytes + 2 * kNumberBytes + kNonceBytes + kBoxBytes;
    case WayKind::Recipient:
      return 1 + kWrappedKeyBytes;
  }
  return 0;  // no such kind
}

void append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
  for (const std::byte byte : bytes) to.push_back(byte);
}

void append_number(std::vector<std::byte>& to, std::uint32_t number) {
  for (std::size_t i = 0; i < kNumberBytes; ++i) to.push_back(static_cast<std::byte>(number >> 8 * i));
}

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t place) {
  std::uint32_t number = 0;
  for (std::size_t i = kNumberBytes; i-- > 0;)
    number = number << 8 | std::to_integer<std::uint32_t>(bytes[place + i]);
  return number;
}

// Completes a way by a nonce and the file key under `key`.
void append_box(std::vector<std::byte>& way, const SecretKey& file_key, const SecretKey& key) {
  const std::vector<std::byte> before = way;
  std::array<std::byte, kNonceBytes> nonce{};
  randombytes_buf(nonce.data(), nonce.size());
  std::array<std::byte, kBoxBytes> box{};
  const SecretKey wrapping = key.derive(kWayContext, nonce);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      sodium_bytes(std::span<std::byte>(box)), nullptr, sodium_bytes(file_key.bytes()), SecretKey::kBytes,
      sodium_bytes(std::span(before)), before.size(), nullptr,
      sodium_bytes(std::span<const std::byte>(nonce)), sodium_bytes(wrapping.bytes()));
  append(way, nonce);
  append(way, box);
}

std::optional<SecretKey> open_box(const Way& way, const SecretKey& key) {
  const std::span<const std::byte> bytes(way.bytes);
  const auto box = bytes.last(kBoxBytes);
  const auto nonce = bytes.first(bytes.size() - kBoxBytes).last(kNonceBytes);
  const auto before = bytes.first(bytes.size() - kBoxBytes - kNonceBytes);
  const SecretKey wrapping = key.derive(kWayContext, nonce);
  SecretBytes file_key(SecretKey::kBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          sodium_bytes(file_key.bytes()), nullptr, nullptr, sodium_bytes(box), box.size(),
          sodium_bytes(before), before.size(), sodium_bytes(nonce), sodium_bytes(wrapping.bytes())) != 0)
    return std::nullopt;
  return SecretKey::from_bytes(file_key.bytes());
}

std::optional<SecretKey> open_way(const Way& way, const SecretKey& key) {
  return way.kind == WayKind::Key ? open_box(way, key) : std::nullopt;
}

std::optional<SecretKey> open_way(const Way& way, const PrivateKey& key) {
  if (way.kind != WayKind::Recipient) return std::nullopt;
  return unwrap_key(std::span<const std::byte>(way.bytes).last<kWrappedKeyBytes>(), key);
}

std::optional<SecretKey> open_way(const Way& way, const Passphrase& passphrase) {
  if (way.kind != WayKind::Passphrase) return std::nullopt;
  const auto salt = std::span<const std::byte>(way.bytes).subspan<1, SecretKey::kSaltBytes>();
  return open_box(way, SecretKey::from_passphrase(passphrase.text, salt, cost_of(way)));
}

[[noreturn]] void throw_damaged(const ByteSource& file, const std::string& reason) {
  throw FileError(file.path(), "is damaged: " + reason, "take the file from its source again");
}

}  // namespace

std::vector<std::byte> LockedHeader::bytes() const {
  std::vector<std::byte> all;
  append(all, std::as_bytes(std::span(kMagic)));
  all.push_back(static_cast<std::byte>(ways.size()));
  for (const Way& way : ways) append(all, way.bytes);
  return all;
}

PassphraseCost cost_of(const Way& way) {
  constexpr std::size_t kPlace = 1 + SecretKey::kSaltBytes;
  return {number_at(way.bytes, kPlace), number_at(way.bytes, kPlace + kNumberBytes)};
}

LockFacts who_opens(const LockedHeader& header) {
  LockFacts facts;
  for (const Way& way : header.ways) {
    if (way.kind == WayKind::Key) ++facts.keys;
    if (way.kind == WayKind::Recipient) ++facts.recipients;
    if (way.kind == WayKind::Passphrase) facts.passphrase = cost_of(way);
  }
  return facts;
}

LockedHeader read_locked_header(const ByteSource& file) {
  std::array<std::byte, kMagic.size()> magic{};
  if (!is_locked_file(file)) {
    throw FileError(file.path(), "is no locked file of bauta's", "name a file that bauta lock wrote");
  }
  if (file.size() <= magic.size()) throw_damaged(file, "it is too short");
  file.read_at(0, magic);
  if (!std::ranges::equal(magic, std::as_bytes(std::span(kMagic))))
    throw FileError(file.path(), "was locked by another version of bauta", "use that version");
  std::byte count{};
  file.read_at(magic.size(), std::span(&count, 1));
  if (count == std::byte{0} || std::to_integer<std::size_t>(count) > kMostWaysToOpen)
    throw_damaged(file, "its header does not say who may open it");
  LockedHeader header;
  std::uint64_t place = magic.size() + 1;
  bool has_passphrase = false;
  for (std::size_t i = 0; i < std::to_integer<std::size_t>(count); ++i) {
    if (place >= file.size()) throw_damaged(file, "it is too short");
    std::byte first{};
    file.read_at(place, std::span(&first, 1));
    Way way{static_cast<WayKind>(first), {}};
    const std::size_t size = way_bytes(way.kind);
    if (size == 0) throw_damaged(file, "its header has a way to open it that is not known");
    if (file.size() - place < size) throw_damaged(file, "it is too short");
    way.bytes.resize(size);
    file.read_at(place, way.bytes);
    place += size;
    if (way.kind == WayKind::Passphrase) {
      if (has_passphrase || !is_allowed(cost_of(way)))
        throw_damaged(file, "its header asks for more work than a passphrase may");
      has_passphrase = true;
    }
    header.ways.push_back(std::move(way));
  }
  return header;
}

bool is_locked_file(const ByteSource& file) {
  std::array<std::byte, kVersionPlace> start{};
  if (file.size() < start.size()) return false;
  file.read_at(0, start);
  return std::ranges::equal(start, std::as_bytes(std::span(kMagic.substr(0, kVersionPlace))));
}

Way close_for_key(const SecretKey& file_key, const SecretKey& key) {
  Way way{WayKind::Key, {static_cast<std::byte>(WayKind::Key)}};
  append_box(way.bytes, file_key, key);
  return way;
}

Way close_for_passphrase(const SecretKey& file_key, const Passphrase& passphrase,
                         const PassphraseCost& cost) {
  std::array<std::byte, SecretKey::kSaltBytes> salt{};
  randombytes_buf(salt.data(), salt.size());
  Way way{WayKind::Passphrase, {static_cast<std::byte>(WayKind::Passphrase)}};
  append(way.bytes, salt);
  append_number(way.bytes, cost.passes);
  append_number(way.bytes, cost.mebibytes);
  append_box(way.bytes, file_key, SecretKey::from_passphrase(passphrase.text, salt, cost));
  return way;
}

Way close_for_recipient(const SecretKey& file_key, const PublicKey& recipient) {
  Way way{WayKind::Recipient, {static_cast<std::byte>(WayKind::Recipient)}};
  append(way.bytes, wrap_key(file_key, recipient));
  return way;
}

std::optional<SecretKey> open_header(const LockedHeader& header, const Opener& opener) {
  for (const Way& way : header.ways) {
    auto key = std::visit([&way](const auto& with) { return open_way(way, with); }, opener);
    if (key) return key;
  }
  return std::nullopt;
}

}  // namespace bauta
