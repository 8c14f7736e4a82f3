#include "io/secret_bytes.h"

#include <sodium.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

namespace bauta {

void require_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) throw std::runtime_error("libsodium: the system gives no random numbers; check /dev/urandom");
}

SecretBytes::SecretBytes(std::size_t size) : size_(size) {
  if (size == 0) return;
  require_sodium();
  // Locks the pages as well; where the limit on locked memory forbids that, it goes on without.
  data_ = static_cast<std::byte*>(sodium_malloc(size));
  if (data_ == nullptr) throw std::bad_alloc();
  std::fill_n(data_, size, std::byte{0});
}

SecretBytes::SecretBytes(std::span<const std::byte> bytes) : SecretBytes(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), data_);
}

SecretBytes::~SecretBytes() { sodium_free(data_); }  // wipes

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

bool SecretBytes::operator==(const SecretBytes& other) const {
  return size_ == other.size_ && (size_ == 0 || sodium_memcmp(data_, other.data_, size_) == 0);
}

}  // namespace bauta
