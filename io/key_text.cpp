#include "io/key_text.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "io/file_error.h"
#include "io/hexadecimal.h"
#include "io/input_file.h"

namespace bauta {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kMostTextBytes = 4096;
constexpr std::array kKinds = {kSecretKeyKind, kPrivateKeyKind, kPublicKeyKind};
constexpr const char* kCopyAgain = "copy the whole line again, as bauta keygen wrote it";

std::array<std::byte, kChecksumBytes> checksum(std::string_view kind, std::span<const std::byte> bytes) {
  SecretBytes text(kind.size() + bytes.size());
  std::ranges::copy(std::as_bytes(std::span(kind)), text.bytes().begin());
  std::ranges::copy(bytes, text.bytes().subspan(kind.size()).begin());
  SecretBytes hash(crypto_generichash_blake2b_BYTES);
  crypto_generichash_blake2b(sodium_bytes(hash.bytes()), hash.size(), sodium_bytes(text.bytes()), text.size(),
                             nullptr, 0);
  std::array<std::byte, kChecksumBytes> first{};
  std::ranges::copy(hash.bytes().first<kChecksumBytes>(), first.begin());
  return first;
}

// Digits and the terminating zero that libsodium writes, over which the next part is written.
void put_hex(std::span<std::byte> into, std::span<const std::byte> bytes) {
  sodium_bin2hex(reinterpret_cast<char*>(into.data()), into.size(), sodium_bytes(bytes), bytes.size());
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

std::string kind_name(std::string_view kind) {
  if (kind == kSecretKeyKind) return "secret key";
  return kind == kPrivateKeyKind ? "recipient's private key" : "recipient's public key";
}

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path)
      : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return number_; }

 private:
  int number_;
};

[[noreturn]] void throw_unreadable(const std::filesystem::path& path, int error) {
  throw FileError(path, "cannot be read (" + std::generic_category().message(error) + ")",
                  "name a key file that bauta keygen wrote");
}

}  // namespace

SecretBytes key_text(std::string_view kind, std::span<const std::byte> bytes) {
  if (bytes.size() != kKeyBytes) throw std::invalid_argument("key_text: a key has 32 bytes");
  SecretBytes text(kind.size() + 2 * (kKeyBytes + kChecksumBytes) + 3);
  std::span<std::byte> rest = text.bytes();
  std::ranges::copy(std::as_bytes(std::span(kind)), rest.begin());
  rest = rest.subspan(kind.size());
  rest[0] = std::byte{' '};
  put_hex(rest.subspan(1), bytes);
  rest = rest.subspan(1 + 2 * kKeyBytes);
  rest[0] = std::byte{' '};
  put_hex(rest.subspan(1), checksum(kind, bytes));
  rest.back() = std::byte{'\n'};
  return text;
}

KeyText parse_key_text(std::string_view text) {
  text = trimmed(text);
  const std::size_t kind_end = text.find(' ');
  const std::string_view kind = text.substr(0, kind_end);
  if (std::ranges::find(kKinds, kind) == kKinds.end())
    throw std::invalid_argument("is no key of bauta's; name a key file that bauta keygen wrote");
  if (kind_end == text.npos) throw std::invalid_argument(std::string("is cut off; ") + kCopyAgain);
  const std::string_view digits = text.substr(kind_end + 1);
  const std::size_t key_end = digits.find(' ');
  KeyText key{std::string(kind), SecretBytes(kKeyBytes)};
  std::array<std::byte, kChecksumBytes> sum{};
  if (key_end == digits.npos || !take_hexadecimal(digits.substr(0, key_end), key.bytes.bytes()) ||
      !take_hexadecimal(digits.substr(key_end + 1), sum) || sum != checksum(kind, key.bytes.bytes()))
    throw std::invalid_argument(std::string("is damaged or mistyped: its checksum does not fit; ") +
                                kCopyAgain);
  return key;
}

KeyText read_key_text_file(const std::filesystem::path& path, std::string_view kind) {
  const Descriptor file(path);
  struct stat status {};
  if (file < 0 || ::fstat(file, &status) != 0) throw_unreadable(path, errno);
  SecretBytes text(kMostTextBytes + 1);
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t count = ::read(file, text.bytes().data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw_unreadable(path, errno);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > kMostTextBytes)
    throw FileError(path, "is too long for a key", "name a key file that bauta keygen wrote");
  text.truncate(size);
  KeyText key;
  try {
    key = parse_key_text(text.text());
  } catch (const std::invalid_argument& error) {
    const std::string what = error.what();
    const std::size_t end = what.find("; ");
    throw FileError(path, what.substr(0, end), what.substr(end + 2));
  }
  if (!kind.empty() && key.kind != kind)
    throw FileError(path, "holds a " + kind_name(key.kind) + ", not a " + kind_name(kind),
                    "name a file with a " + kind_name(kind));
  // A key that others could read, or replace by one of theirs, keeps nothing from them.
  if (key.kind != kPublicKeyKind && S_ISREG(status.st_mode) && (status.st_mode & 077) != 0)
    throw FileError(path, "is open to others than its owner",
                    "run chmod 600 on it, and make a new key if others may have read it");
  return key;
}

bool is_key_file(const std::filesystem::path& path) {
  const InputFile file(path);
  SecretBytes start(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), 64)));
  file.read_at(0, start.bytes());
  const std::string_view text = trimmed(start.text());
  return std::ranges::any_of(kKinds, [text](std::string_view kind) { return text.starts_with(kind); });
}

std::string fingerprint_text(std::span<const std::byte, 8> bytes) {
  std::array<char, 17> digits{};
  sodium_bin2hex(digits.data(), digits.size(), sodium_bytes(std::span<const std::byte>(bytes)), bytes.size());
  std::string text;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i > 0 && i % 4 == 0) text += '-';
    text += digits[i];
  }
  return text;
}

}  // namespace bauta
