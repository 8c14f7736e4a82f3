#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace bauta {

// BLAKE2b-256 (libsodium) of what a file holds, keyed: whoever has not the key learns nothing from a hash,
// not even whether two files are the same.
using HashKey = std::array<std::byte, 32>;

// Random. Throws std::runtime_error if the system gives no random numbers.
HashKey new_hash_key();

class ContentHash {
 public:
  explicit ContentHash(const HashKey& key);
  ~ContentHash();

  void add(std::span<const std::byte> bytes);
  void add(std::string_view bytes) { add(std::as_bytes(std::span(bytes))); }
  // The whole content of a regular file, read piece by piece. Throws FileError.
  void add_file(const std::filesystem::path& path);

  std::string finish();  // 64 hexadecimal digits; call it once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Of a file that is no secret, as a network's weights: without a key. Throws FileError.
std::string public_hash_of_file(const std::filesystem::path& path);

// Which of `count` parts a name falls to, from 0 on: for all machines the same, and about as many names to
// each.
std::uint64_t part_of(std::string_view name, std::uint64_t count);

}  // namespace bauta
