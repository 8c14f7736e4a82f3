#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "io/input_file.h"

namespace bauta {

// Who may read a file: whoever the process's umask lets, or its owner alone (mode 0600).
enum class FileReaders { Usual, Owner };

// A file that appears under its name only when it is complete. What is written goes to a file without a name
// in the same folder, so that nothing is left even of a program that is killed; where the file system has no
// such files, to a hidden one (".bauta-" and random letters). commit() brings it to the disk and gives it its
// name. Destroyed without commit(), it leaves nothing behind. Every member throws FileError, with the
// system's reason.
class AtomicFile {
 public:
  // Without `overwrite`, throws if the target exists, so that no work is done in vain; commit() asks again.
  // With it, an existing regular file is replaced (a symbolic link by the file itself); anything else that
  // bears the name, a folder or a device, is an error.
  explicit AtomicFile(std::filesystem::path target, bool overwrite = false,
                      FileReaders readers = FileReaders::Usual);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view bytes) { write(std::as_bytes(std::span(bytes))); }
  // Before commit(): reads it back. Throws FileError unless it holds just these bytes.
  void require_written(std::string_view bytes) const;
  // For another program to write to, before commit().
  int descriptor() const { return descriptor_; }

  // Syncs the file, gives it its name in one step (without `overwrite` the kernel refuses a name taken in the
  // meantime) and syncs the folder. Call it once, after the last write.
  void commit();

  // commit() of two files that belong together, the first one first. Where the second does not get its name,
  // the first one's is taken back: what bore it before bears it again.
  static void commit_together(AtomicFile& first, AtomicFile& second);

 private:
  [[noreturn]] void fail(int error) const;
  bool open_unnamed(int mode);
  void open_named(int mode);
  void name_unnamed();
  void rename_to_target();

  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty: the file has no name yet
  bool overwrite_;
  bool named_ = false;  // bears its target's name
  int descriptor_ = -1;
};

// Writes `bytes` to `path` by an AtomicFile.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes, bool overwrite = false);

// Removes a file that is there. Throws FileError where it stays.
void remove_file(const std::filesystem::path& path);

// Throws FileError "exists; pass --force to replace it" if something bears that name: for a check of all
// outputs before any work.
void require_absent(const std::filesystem::path& path);

}  // namespace bauta
