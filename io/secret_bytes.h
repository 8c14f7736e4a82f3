#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace bauta {

// Libsodium, ready for use. Everything of io that calls it asks for this first; any number of times, from any
// thread. Throws std::runtime_error if the system gives it no random numbers.
void require_sodium();

// Bytes that must not get about: between guard pages, kept out of swap and core dumps where the system
// allows, wiped at the end. Moved, never copied. Pages of small ones, wiped, wait for the next of their size:
// to get them from the system and give them back takes ten calls, and a search derives 100,000 keys.
class SecretBytes {
 public:
  SecretBytes() = default;  // none
  // `size` zeros. Throws std::bad_alloc.
  explicit SecretBytes(std::size_t size);
  explicit SecretBytes(std::span<const std::byte> bytes);
  ~SecretBytes();
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;

  std::span<std::byte> bytes() { return {data_, size_}; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::size_t size() const { return size_; }
  // Not to be stored: the view has no memory of its own.
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

  // In a time that depends on the sizes alone.
  bool operator==(const SecretBytes& other) const;

  // Shorter: what lies behind is wiped with the rest.
  void truncate(std::size_t size) { size_ = size < size_ ? size : size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0, allocated_ = 0;
};

// The bytes as libsodium takes them.
inline unsigned char* sodium_bytes(std::span<std::byte> bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}
inline const unsigned char* sodium_bytes(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace bauta
