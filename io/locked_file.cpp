#include "io/locked_file.h"

#include <sodium.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <new>
#include <stdexcept>

#include "io/atomic_file.h"
#include "io/file_error.h"
#include "io/input_file.h"
#include "io/locked_header.h"

namespace bauta {
namespace {

constexpr std::size_t kChunkBytes = 1 << 16;
constexpr std::size_t kChunkOverhead = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr std::size_t kStreamHeaderBytes = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr unsigned char kMessage = crypto_secretstream_xchacha20poly1305_TAG_MESSAGE;
constexpr unsigned char kFinal = crypto_secretstream_xchacha20poly1305_TAG_FINAL;

// A secretstream's state, which holds its key.
class StreamState {
 public:
  crypto_secretstream_xchacha20poly1305_state* get() {
    return reinterpret_cast<crypto_secretstream_xchacha20poly1305_state*>(memory_.bytes().data());
  }

 private:
  static_assert(alignof(crypto_secretstream_xchacha20poly1305_state) == 1);
  SecretBytes memory_{sizeof(crypto_secretstream_xchacha20poly1305_state)};
};

SecretKey stream_key(const SecretKey& file_key, const LockedHeader& header) {
  return file_key.derive("bauta locked file: content", header.bytes());
}

[[noreturn]] void throw_closed(const std::filesystem::path& path) {
  throw CannotOpen(
      path, "does not open: it was locked with another key or passphrase, or has been damaged or changed",
      "try the right key, or take the file from its source again");
}

// Where the parts of a locked file are, by its size.
struct Layout {
  std::uint64_t stream_begin, content_begin, chunks, content_bytes;
};

Layout layout_of(const ByteSource& file, const LockedHeader& header) {
  Layout layout{};
  layout.stream_begin = header.bytes().size();
  layout.content_begin = layout.stream_begin + kStreamHeaderBytes;
  if (file.size() < layout.content_begin + kChunkOverhead)
    throw FileError(file.path(), "is damaged: it is too short", "take the file from its source again");
  const std::uint64_t rest = file.size() - layout.content_begin;
  constexpr std::uint64_t kWhole = kChunkBytes + kChunkOverhead;
  layout.chunks = (rest + kWhole - 1) / kWhole;
  const std::uint64_t last = rest - (layout.chunks - 1) * kWhole;
  // A last chunk without content is one that lock_file does not write behind others.
  if (last < kChunkOverhead + (layout.chunks > 1 ? 1 : 0)) throw_closed(file.path());
  layout.content_bytes = rest - layout.chunks * kChunkOverhead;
  return layout;
}

std::optional<SecretKey> open_header_of(const ByteSource& file, const LockedHeader& header,
                                        const Opener& opener) {
  try {
    return open_header(header, opener);
  } catch (const std::bad_alloc&) {
    throw FileError(file.path(), "takes more memory to open by its passphrase than is free",
                    "open it on a larger machine");
  }
}

// Calls take(chunk's place in the content, its bytes) for each chunk, verified, in order; what has been taken
// may be kept only when this returns. Calls start(bytes of content) before.
void read_content(const ByteSource& file, const Opener& opener,
                  const std::function<void(std::uint64_t)>& start,
                  const std::function<void(std::uint64_t, std::span<const std::byte>)>& take) {
  const LockedHeader header = read_locked_header(file);
  const Layout layout = layout_of(file, header);
  const auto file_key = open_header_of(file, header, opener);
  if (!file_key) throw_closed(file.path());
  std::array<std::byte, kStreamHeaderBytes> stream_header{};
  file.read_at(layout.stream_begin, stream_header);
  StreamState state;
  if (crypto_secretstream_xchacha20poly1305_init_pull(
          state.get(), sodium_bytes(std::span<const std::byte>(stream_header)),
          sodium_bytes(stream_key(*file_key, header).bytes())) != 0)
    throw_closed(file.path());
  start(layout.content_bytes);
  std::vector<std::byte> closed(kChunkBytes + kChunkOverhead);
  SecretBytes open(static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, layout.content_bytes)));
  for (std::uint64_t i = 0; i < layout.chunks; ++i) {
    const std::uint64_t place = i * kChunkBytes;
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, layout.content_bytes - place));
    const auto chunk = std::span(closed).first(count + kChunkOverhead);
    file.read_at(layout.content_begin + i * closed.size(), chunk);
    unsigned char tag = 0;
    if (crypto_secretstream_xchacha20poly1305_pull(state.get(), sodium_bytes(open.bytes()), nullptr, &tag,
                                                   sodium_bytes(std::span<const std::byte>(chunk)),
                                                   chunk.size(), nullptr, 0) != 0 ||
        tag != (i + 1 == layout.chunks ? kFinal : kMessage))
      throw_closed(file.path());
    take(place, std::span<const std::byte>(open.bytes()).first(count));
  }
}

// `to`: the file that is being made.
LockedHeader make_header(const std::filesystem::path& to, const SecretKey& file_key, const Closers& closers) {
  LockedHeader header;
  for (const SecretKey& key : closers.keys) header.ways.push_back(close_for_key(file_key, key));
  for (const PublicKey& recipient : closers.recipients)
    header.ways.push_back(close_for_recipient(file_key, recipient));
  if (!closers.passphrase) return header;
  try {
    header.ways.push_back(close_for_passphrase(file_key, *closers.passphrase, closers.passphrase_cost));
  } catch (const std::bad_alloc&) {
    throw FileError(to, "takes more memory to lock by a passphrase than is free",
                    "pass a smaller --passphrase-memory");
  }
  return header;
}

}  // namespace

void lock_file(const std::filesystem::path& from, const std::filesystem::path& to, const Closers& closers,
               bool overwrite) {
  const std::size_t ways =
      closers.keys.size() + closers.recipients.size() + (closers.passphrase.has_value() ? 1 : 0);
  if (ways == 0) throw std::invalid_argument("lock_file: nobody could open the file");
  if (ways > kMostWaysToOpen)
    throw std::invalid_argument("lock_file: more than " + std::to_string(kMostWaysToOpen) + " ways to open");
  const InputFile in(from);
  AtomicFile out(to, overwrite, FileReaders::Owner);
  const SecretKey file_key = SecretKey::generate();
  const LockedHeader header = make_header(to, file_key, closers);
  out.write(header.bytes());
  std::array<std::byte, kStreamHeaderBytes> stream_header{};
  StreamState state;
  crypto_secretstream_xchacha20poly1305_init_push(state.get(),
                                                  sodium_bytes(std::span<std::byte>(stream_header)),
                                                  sodium_bytes(stream_key(file_key, header).bytes()));
  out.write(stream_header);
  SecretBytes open(kChunkBytes);
  std::vector<std::byte> closed(kChunkBytes + kChunkOverhead);
  std::uint64_t place = 0;
  do {  // one chunk even of nothing, to say that it is the last
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, in.size() - place));
    const auto chunk = open.bytes().first(count);
    in.read_at(place, chunk);
    place += count;
    crypto_secretstream_xchacha20poly1305_push(state.get(), sodium_bytes(std::span<std::byte>(closed)),
                                               nullptr, sodium_bytes(std::span<const std::byte>(chunk)),
                                               count, nullptr, 0, place == in.size() ? kFinal : kMessage);
    out.write(std::span<const std::byte>(closed).first(count + kChunkOverhead));
  } while (place < in.size());
  out.commit();
}

void unlock_file(const std::filesystem::path& from, const std::filesystem::path& to, const Opener& opener,
                 bool overwrite) {
  const InputFile in(from);
  AtomicFile out(to, overwrite, FileReaders::Owner);
  read_content(
      in, opener, [](std::uint64_t) {},
      [&out](std::uint64_t, std::span<const std::byte> chunk) { out.write(chunk); });
  out.commit();
}

UnlockedFile::UnlockedFile(const std::filesystem::path& path, const Opener& opener)
    : UnlockedFile(InputFile(path), opener) {}

UnlockedFile::UnlockedFile(const ByteSource& locked, const Opener& opener) : ByteSource(locked.path()) {
  SecretBytes content;
  read_content(
      locked, opener,
      [&content](std::uint64_t size) { content = SecretBytes(static_cast<std::size_t>(size)); },
      [&content](std::uint64_t place, std::span<const std::byte> chunk) {
        std::ranges::copy(chunk, content.bytes().subspan(static_cast<std::size_t>(place)).begin());
      });
  content_ = std::move(content);
}

void UnlockedFile::read_at(std::uint64_t offset, std::span<std::byte> into) const {
  if (offset > size() || into.size() > size() - offset)
    throw FileError(path(), "ends too early", "it is incomplete: lock it again");
  std::ranges::copy(content_.bytes().subspan(static_cast<std::size_t>(offset), into.size()), into.begin());
}

bool is_locked_file(const std::filesystem::path& path) { return is_locked_file(InputFile(path)); }

LockFacts read_lock_facts(const std::filesystem::path& path) {
  const InputFile file(path);
  const LockedHeader header = read_locked_header(file);
  LockFacts facts = who_opens(header);
  facts.content_bytes = layout_of(file, header).content_bytes;
  return facts;
}

}  // namespace bauta
