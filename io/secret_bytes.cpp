#include "io/secret_bytes.h"

#include <sodium.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <utility>
#include <vector>

namespace bauta {

void require_sodium() {
  static const bool ready = sodium_init() >= 0;
  if (!ready) throw std::runtime_error("libsodium: the system gives no random numbers; check /dev/urandom");
}

namespace {

// Guarded memory, some of it kept for the next who asks for as much.
class GuardedMemory {
 public:
  ~GuardedMemory() {
    for (auto& [size, blocks] : kept_)
      for (std::byte* block : blocks) sodium_free(block);
  }

  // Zeros. Throws std::bad_alloc.
  std::byte* take(std::size_t size) {
    require_sodium();
    if (size <= kLargestKept) {
      const std::lock_guard lock(mutex_);
      auto& blocks = kept_[size];
      blocks.reserve(kMostKept);  // so that giving back needs no memory
      if (!blocks.empty()) {
        std::byte* const block = blocks.back();
        blocks.pop_back();
        return block;
      }
    }
    // Locks the pages as well; where the limit on locked memory forbids that, it goes on without.
    auto* const block = static_cast<std::byte*>(sodium_malloc(size));
    if (block == nullptr) throw std::bad_alloc();
    std::fill_n(block, size, std::byte{0});
    return block;
  }

  void give_back(std::byte* block, std::size_t size) noexcept {
    if (size <= kLargestKept) {
      sodium_memzero(block, size);
      const std::lock_guard lock(mutex_);
      auto& blocks = kept_.find(size)->second;
      if (blocks.size() < kMostKept) return blocks.push_back(block);
    }
    sodium_free(block);  // wipes
  }

 private:
  static constexpr std::size_t kLargestKept = 512, kMostKept = 8;

  std::mutex mutex_;
  std::map<std::size_t, std::vector<std::byte*>> kept_;
};

GuardedMemory& guarded_memory() {
  static GuardedMemory memory;
  return memory;
}

}  // namespace

SecretBytes::SecretBytes(std::size_t size) : size_(size), allocated_(size) {
  if (size > 0) data_ = guarded_memory().take(size);
}

SecretBytes::SecretBytes(std::span<const std::byte> bytes) : SecretBytes(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), data_);
}

SecretBytes::~SecretBytes() {
  if (data_ != nullptr) guarded_memory().give_back(data_, allocated_);
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      allocated_(std::exchange(other.allocated_, 0)) {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(allocated_, other.allocated_);
  return *this;
}

bool SecretBytes::operator==(const SecretBytes& other) const {
  return size_ == other.size_ && (size_ == 0 || sodium_memcmp(data_, other.data_, size_) == 0);
}

}  // namespace bauta
