#include "io/atomic_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <system_error>
#include <vector>

#include "io/file_error.h"

namespace bauta {
namespace {

constexpr int kNameAttempts = 16;
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

std::string random_letters() {
  constexpr int kLetters = 12;
  std::random_device device;
  std::uniform_int_distribution<int> letter('a', 'z');
  std::string letters;
  for (int i = 0; i < kLetters; ++i) letters.push_back(static_cast<char>(letter(device)));
  return letters;
}

std::filesystem::path folder_of(const std::filesystem::path& target) {
  return target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
}

std::filesystem::path temporary_path(const std::filesystem::path& target) {
  return folder_of(target) / (".bauta-" + random_letters());
}

[[noreturn]] void throw_exists(const std::filesystem::path& path) {
  throw FileError(path, "exists", "pass --force to replace it");
}

const char* advice_for(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "make room on the disk or write elsewhere";
    case EFBIG:
      return "raise the limit on file sizes or write elsewhere";
    case ENOENT:
    case ENOTDIR:
      return "make its folder first or write elsewhere";
    case EACCES:
    case EPERM:
    case EROFS:
      return "write to a folder that you may write to";
    case ENAMETOOLONG:
      return "choose a shorter name";
    default:
      return "check the disk or write elsewhere";
  }
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target, bool overwrite, FileReaders readers)
    : target_(std::move(target)), overwrite_(overwrite) {
  if (!target_.has_filename()) throw FileError(target_, "names no file", "give the file a name");
  if (!overwrite_) require_absent(target_);
  struct stat status {};
  if (::stat(target_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    throw FileError(target_, S_ISDIR(status.st_mode) ? "is a folder" : "is not a regular file",
                    "choose another name");
  }
  const int mode = readers == FileReaders::Owner ? 0600 : 0666;
  if (!open_unnamed(mode)) open_named(mode);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

// False where there are no files without a name, or no /proc to name them by.
bool AtomicFile::open_unnamed(int mode) {
  if (::access("/proc/self/fd", X_OK) != 0) return false;
  descriptor_ = ::open(folder_of(target_).c_str(), O_RDWR | O_TMPFILE | O_CLOEXEC, mode);
  return descriptor_ >= 0;
}

void AtomicFile::open_named(int mode) {
  for (int attempt = 0; attempt < kNameAttempts && descriptor_ < 0; ++attempt) {
    temporary_ = temporary_path(target_);
    descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor_ < 0 && errno != EEXIST) {
      temporary_.clear();
      fail(errno);
    }
  }
  if (descriptor_ < 0) fail(EEXIST);
}

void AtomicFile::fail(int error) const {
  throw FileError(target_, "cannot be written (" + std::generic_category().message(error) + ")",
                  advice_for(error));
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

void AtomicFile::require_written(std::string_view bytes) const {
  std::vector<char> piece(std::min<std::size_t>(bytes.size() + 1, kPieceBytes));
  for (std::size_t at = 0;;) {
    const ssize_t count = ::pread(descriptor_, piece.data(), piece.size(), static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(errno);
    if (count == 0 && at == bytes.size()) return;
    const std::string_view read(piece.data(), static_cast<std::size_t>(count));
    if (count == 0 || bytes.substr(at, read.size()) != read)
      throw FileError(target_, "does not read back as it was written", "check the disk, or write elsewhere");
    at += read.size();
  }
}

// Gives it the target's name or, to replace what bears that, a hidden one on the way.
void AtomicFile::name_unnamed() {
  const std::string self = "/proc/self/fd/" + std::to_string(descriptor_);
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    const std::filesystem::path name = overwrite_ ? temporary_path(target_) : target_;
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      if (overwrite_) temporary_ = name;
      named_ = !overwrite_;
      return;
    }
    if (errno != EEXIST) fail(errno);
    if (!overwrite_) throw_exists(target_);
  }
  fail(EEXIST);
}

void AtomicFile::rename_to_target() {
  if (overwrite_) {
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
    return;
  }
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) == 0) return;
  if (errno == EEXIST) throw_exists(target_);
  if (errno != EINVAL && errno != ENOSYS) fail(errno);
  // Not every file system knows RENAME_NOREPLACE; link() refuses a taken name on all that have links.
  if (::link(temporary_.c_str(), target_.c_str()) != 0) {
    if (errno == EEXIST) throw_exists(target_);
    fail(errno);
  }
  ::unlink(temporary_.c_str());
}

void AtomicFile::commit() {
  if (::fsync(descriptor_) != 0) fail(errno);
  if (temporary_.empty()) name_unnamed();
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) fail(errno);
  if (!temporary_.empty()) rename_to_target();
  temporary_.clear();
  named_ = true;
  // The name itself is safe only when its folder is on the disk too. Some network file systems refuse to sync
  // a folder (EINVAL); there the rename is all there is.
  const int folder = ::open(folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  const int error = ::fsync(folder) == 0 ? 0 : errno;
  ::close(folder);
  if (error != 0 && error != EINVAL) fail(error);
}

void AtomicFile::commit_together(AtomicFile& first, AtomicFile& second) {
  // Under a hidden name meanwhile; where the file system has no hard links, what was there cannot come back.
  const std::filesystem::path before = temporary_path(first.target_);
  const bool was_there = ::link(first.target_.c_str(), before.c_str()) == 0;
  if (!was_there && errno != ENOENT && errno != EPERM && errno != EOPNOTSUPP) first.fail(errno);
  try {
    first.commit();
    second.commit();
  } catch (...) {
    if (was_there) ::rename(before.c_str(), first.target_.c_str());
    if (was_there) ::unlink(before.c_str());  // two names of one file are not renamed
    if (!was_there && first.named_) ::unlink(first.target_.c_str());
    throw;
  }
  if (was_there) ::unlink(before.c_str());
}

void write_file_atomically(const std::filesystem::path& path, std::string_view bytes, bool overwrite) {
  AtomicFile file(path, overwrite);
  file.write(bytes);
  file.commit();
}

void remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
  throw FileError(path, "cannot be removed (" + std::generic_category().message(errno) + ")",
                  "check the disk and its permissions");
}

void require_absent(const std::filesystem::path& path) {
  struct stat status {};
  // lstat: a dangling symbolic link takes the name as well.
  if (::lstat(path.c_str(), &status) == 0) throw_exists(path);
}

}  // namespace bauta
