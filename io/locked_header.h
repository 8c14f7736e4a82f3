#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "io/byte_source.h"
#include "io/locked_file.h"

namespace bauta {

// The part of a locked file before its content (io/locked_file.h): who opens it, and how.

enum class WayKind : unsigned char { Key = 1, Passphrase = 2, Recipient = 3 };

// One way to open the file: its bytes, of which the first is the kind.
struct Way {
  WayKind kind;
  std::vector<std::byte> bytes;
};

struct LockedHeader {
  std::vector<Way> ways;

  // As the file has it, magic and count included.
  std::vector<std::byte> bytes() const;
};

// What a passphrase's way costs, as the way says.
PassphraseCost cost_of(const Way& way);

// But for the content's length.
LockFacts who_opens(const LockedHeader& header);

// Whether it begins as locked files of any version do.
bool is_locked_file(const ByteSource& file);

// Throws FileError if it is no locked file, one of another version, or asks for more than is allowed.
LockedHeader read_locked_header(const ByteSource& file);

Way close_for_key(const SecretKey& file_key, const SecretKey& key);
Way close_for_passphrase(const SecretKey& file_key, const Passphrase& passphrase, const PassphraseCost& cost);
Way close_for_recipient(const SecretKey& file_key, const PublicKey& recipient);

// The file key, if this opens one of the ways. Throws std::bad_alloc if there is no memory for the
// passphrase.
std::optional<SecretKey> open_header(const LockedHeader& header, const Opener& opener);

}  // namespace bauta
