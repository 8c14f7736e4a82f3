#include "apps/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>

#include "io/atomic_file.h"
#include "io/file_error.h"
#include "io/input_file.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kEnding = ".journal";
constexpr std::uint64_t kMostJournalBytes = std::uint64_t{4} << 30;
constexpr std::uint64_t kPiece = 1 << 20;
constexpr std::size_t kHashDigits = 64;
constexpr std::uint32_t kLongestLine = 16 << 20;

[[noreturn]] void fail(const fs::path& path, int error) {
  throw FileError(path, "cannot be written (" + std::generic_category().message(error) + ")",
                  "make room or write elsewhere, or leave out --resume");
}

// Of whoever comes first, if several begin at a time.
HashKey key_in(const fs::path& folder) {
  const fs::path path = folder / "key";
  HashKey key;
  std::error_code error;
  if (!fs::exists(path, error)) {
    key = new_hash_key();
    try {
      AtomicFile file(path, false, FileReaders::Owner);
      file.write(std::span<const std::byte>(key));
      file.commit();
      return key;
    } catch (const FileError&) {
      if (!fs::exists(path, error)) throw;
    }
  }
  const InputFile file(path);
  if (file.size() != key.size())
    throw FileError(path, "is damaged", "delete the folder it is in, and run again with --force");
  file.read_at(0, key);
  return key;
}

std::uint64_t part_of_hash(const std::string& hash) { return std::stoull(hash.substr(0, 16), nullptr, 16); }

}  // namespace

Journal::Journal(const fs::path& out) : folder_(out / ".bauta") {
  std::error_code error;
  if (fs::create_directory(folder_, error)) fs::permissions(folder_, fs::perms::owner_all, error);
  if (error) fail(folder_, error.value());
  key_ = key_in(folder_);
  std::vector<fs::path> journals;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (entry.path().extension() == kEnding) journals.push_back(entry.path());
  std::ranges::sort(journals);
  for (const fs::path& path : journals) read_lines(path);
}

Journal::~Journal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

// The JSON of a whole line that this key wrote.
std::optional<ordered_json> Journal::parsed_line(std::string_view line) const {
  if (line.size() < kHashDigits + 2) return {};
  const std::string_view text = line.substr(kHashDigits + 1);
  if (hash_of(text) != line.substr(0, kHashDigits)) return {};
  ordered_json parsed = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return {};
  return parsed;
}

void Journal::read_lines(const fs::path& path) {
  const InputFile file(path);
  const auto number = static_cast<std::uint32_t>(read_.size());
  read_.push_back(path);
  const std::uint64_t size = std::min(file.size(), kMostJournalBytes);
  std::string line;
  std::uint64_t line_start = 0;
  for (std::uint64_t at = 0; at < size;) {
    std::string piece(static_cast<std::size_t>(std::min(kPiece, size - at)), '\0');
    file.read_at(at, std::as_writable_bytes(std::span(piece)));
    at += piece.size();
    line += piece;
    std::size_t begin = 0;
    for (std::size_t end; (end = line.find('\n', begin)) != line.npos; begin = end + 1) {
      const std::string_view whole = std::string_view(line).substr(begin, end - begin);
      if (const auto entry = parsed_line(whole); entry && entry->contains("name"))
        places_.emplace(part_of_hash(entry->at("name").get<std::string>()),
                        Place{number, static_cast<std::uint32_t>(whole.size()), line_start + begin});
    }
    line.erase(0, begin);
    line_start += begin;
    if (line.size() > kLongestLine) return;  // none of ours
  }
}

std::vector<Journal::Entry> Journal::entries(const std::string& name) const {
  std::vector<Entry> found;
  const std::string hash = hash_of(name);
  const auto [begin, end] = places_.equal_range(part_of_hash(hash));
  for (auto at = begin; at != end; ++at) {
    const Place& place = at->second;
    std::string line(place.length, '\0');
    InputFile(read_[place.file]).read_at(place.offset, std::as_writable_bytes(std::span(line)));
    const auto entry = parsed_line(line);
    if (!entry || entry->at("name") != hash) continue;
    found.push_back({entry->at("input"), entry->at("settings"), entry->at("files"), entry->at("output"),
                     entry->at("facts")});
  }
  return found;
}

void Journal::add(const std::string& name, const Entry& entry) {
  const std::string json =
      ordered_json{{"name", hash_of(name)}, {"input", entry.input},   {"settings", entry.settings},
                   {"files", entry.files},  {"output", entry.output}, {"facts", entry.facts}}
          .dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  const std::string line = hash_of(json) + " " + json + "\n";
  const std::lock_guard lock(mutex_);
  if (descriptor_ < 0) {
    const HashKey random = new_hash_key();
    const fs::path path = folder_ / (ContentHash(random).finish().substr(0, 16) + kEnding);
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor_ < 0) fail(path, errno);
  }
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t count = ::write(descriptor_, rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int error = errno;
      // The next line must not be taken for the end of this one.
      [[maybe_unused]] const ssize_t ended = ::write(descriptor_, "\n", 1);
      fail(folder_, error);
    }
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  if (::fdatasync(descriptor_) != 0) fail(folder_, errno);
}

std::string Journal::hash_of(std::string_view text) const {
  ContentHash hash(key_);
  hash.add(text);
  return hash.finish();
}

std::string Journal::hash_of_files(const std::vector<fs::path>& paths) const {
  ContentHash hash(key_);
  for (const fs::path& path : paths) hash.add_file(path);
  return hash.finish();
}

}  // namespace bauta
