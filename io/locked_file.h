#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "io/byte_source.h"
#include "io/opener.h"
#include "io/recipients.h"
#include "io/secret_key.h"

namespace bauta {

// Files under lock and key: any file, above all a Re-ID network, at rest. Version 1, numbers little-endian:
//
//     magic    16  "bauta locked v1\n"
//     count     1  ways to open it, 1 to 64
//     ways         each: 1 byte of kind, and then
//       1, key         nonce 24, wrapped file key 48
//       2, passphrase  salt 16, passes 4, mebibytes 4, nonce 24, wrapped file key 48; at most one
//       3, recipient   wrapped file key 80 (io/recipients.h)
//     header   24  of libsodium's secretstream
//     chunks       each: up to 65,536 bytes of content (all but the last: exactly) and 17 of secretstream's
//
// The file key is random. A key, or what Argon2id makes of the passphrase, wraps it by XChaCha20-Poly1305:
// under derive("bauta locked file: way", nonce), with the way's bytes before the nonce as additional data.
// The content is a secretstream (XChaCha20-Poly1305) under the file key's derive("bauta locked file:
// content", all bytes before the secretstream header), which so authenticates them: with one byte of the
// header changed, nothing opens. Chunks are bound to their places, the last one says that it is. No byte of
// the content leaves this module under a name before the last tag has been verified. One error, without a
// hint at which it was, meets another key and a change of any byte.

// For whom a file is locked: each of these opens it.
struct Closers {
  std::vector<SecretKey> keys;
  std::optional<Passphrase> passphrase;
  PassphraseCost passphrase_cost = kUsualPassphraseCost;
  std::vector<PublicKey> recipients;
};
inline constexpr std::size_t kMostWaysToOpen = 64;

// Both stream, with the memory of two chunks, and write by AtomicFile, readable by the owner alone. Throw
// FileError; lock_file also std::invalid_argument if there are no closers or too many.
void lock_file(const std::filesystem::path& from, const std::filesystem::path& to, const Closers& closers,
               bool overwrite = false);
void unlock_file(const std::filesystem::path& from, const std::filesystem::path& to, const Opener& opener,
                 bool overwrite = false);

// The content of a locked file in memory that is wiped: read and verified whole before it is there.
class UnlockedFile final : public ByteSource {
 public:
  // Throws FileError.
  UnlockedFile(const std::filesystem::path& path, const Opener& opener);

  std::uint64_t size() const override { return content_.size(); }
  void read_at(std::uint64_t offset, std::span<std::byte> into) const override;

 private:
  SecretBytes content_;
};

// Whether the file begins as locked files of any version do. Throws FileError if it cannot be read.
bool is_locked_file(const std::filesystem::path& path);

// What anybody can see of a locked file; nothing of it is verified.
struct LockFacts {
  std::size_t keys = 0;
  std::optional<PassphraseCost> passphrase;
  std::size_t recipients = 0;
  std::uint64_t content_bytes = 0;
};
LockFacts read_lock_facts(const std::filesystem::path& path);

}  // namespace bauta
