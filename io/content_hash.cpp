#include "io/content_hash.h"

#include <sodium.h>

#include <algorithm>
#include <vector>

#include "io/hexadecimal.h"
#include "io/input_file.h"
#include "io/secret_bytes.h"

namespace bauta {
namespace {

constexpr std::size_t kHashBytes = crypto_generichash_BYTES;
constexpr std::uint64_t kPiece = 1 << 20;

}  // namespace

HashKey new_hash_key() {
  require_sodium();
  HashKey key;
  randombytes_buf(key.data(), key.size());
  return key;
}

struct ContentHash::State {
  crypto_generichash_state hash;
};

ContentHash::ContentHash(const HashKey& key) : state_(std::make_unique<State>()) {
  require_sodium();
  crypto_generichash_init(&state_->hash, sodium_bytes(std::span<const std::byte>(key)), key.size(),
                          kHashBytes);
}

ContentHash::~ContentHash() = default;

void ContentHash::add(std::span<const std::byte> bytes) {
  crypto_generichash_update(&state_->hash, sodium_bytes(bytes), bytes.size());
}

void ContentHash::add_file(const std::filesystem::path& path) {
  const InputFile file(path);
  std::vector<std::byte> piece(static_cast<std::size_t>(std::min(file.size(), kPiece)));
  for (std::uint64_t at = 0; at < file.size(); at += piece.size()) {
    const auto part = std::span(piece).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), file.size() - at)));
    file.read_at(at, part);
    add(part);
  }
}

std::string ContentHash::finish() {
  std::array<unsigned char, kHashBytes> hash;
  crypto_generichash_final(&state_->hash, hash.data(), hash.size());
  return hexadecimal(std::as_bytes(std::span(hash)));
}

std::string public_hash_of_file(const std::filesystem::path& path) {
  ContentHash hash(HashKey{});
  hash.add_file(path);
  return hash.finish();
}

std::uint64_t part_of(std::string_view name, std::uint64_t count) {
  std::array<unsigned char, kHashBytes> hash;
  require_sodium();
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(name.data()),
                     name.size(), nullptr, 0);
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | hash[static_cast<std::size_t>(i)];
  return number % count;
}

}  // namespace bauta
