#include "io/atomic_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"

using namespace bauta;

TEST_CASE("a FileError is one line, whatever the path holds") {
  const FileError error("bad\nname.png", "is bad", "do better");
  CHECK(std::string(error.what()) == "bad?name.png: is bad; do better");
  CHECK(error.path() == "bad\nname.png");
}

TEST_CASE("what is written atomically is read back") {
  const TemporaryFolder folder;
  const std::string bytes("a\0b\nc", 5);
  write_file_atomically(folder / "file", bytes);
  CHECK(read_file(folder / "file", 5) == bytes);
  CHECK(folder.entries() == 1);
  struct stat status {};
  REQUIRE(::stat((folder / "file").c_str(), &status) == 0);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  CHECK((status.st_mode & 0777) == (0666 & ~mask));
}

TEST_CASE("the target appears only with commit") {
  const TemporaryFolder folder;
  {
    AtomicFile file(folder / "file");
    file.write("abc");
    CHECK_FALSE(std::filesystem::exists(folder / "file"));
    file.commit();
    CHECK(get_file(folder / "file") == "abc");
  }
  CHECK(folder.entries() == 1);
}

TEST_CASE("before it gets its name a file can be held against what it should hold") {
  const TemporaryFolder folder;
  std::string bytes(3 << 20, 'x');  // more than a piece
  bytes[2 << 20] = 'y';
  AtomicFile file(folder / "file");
  file.write(bytes);
  file.require_written(bytes);
  std::string other = bytes;
  other.back() = 'z';
  for (const std::string& wrong :
       {other, bytes + 'x', bytes.substr(1), bytes.substr(0, 1 << 20), std::string()})
    CHECK(contains(error_of(folder / "file", [&] { file.require_written(wrong); }), "does not read back"));
  file.commit();
  CHECK(read_file(folder / "file", bytes.size()) == bytes);
}

TEST_CASE("without commit nothing is left") {
  const TemporaryFolder folder;
  { AtomicFile(folder / "file").write("abc"); }
  CHECK(folder.entries() == 0);
}

TEST_CASE("a program that is killed while it writes leaves nothing") {
  const TemporaryFolder folder;
  // Not every file system has files without a name; there it leaves a hidden one.
  const int unnamed = ::open(folder.path().c_str(), O_WRONLY | O_TMPFILE, 0600);
  if (unnamed < 0) return;
  ::close(unnamed);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    AtomicFile file(folder / "file");
    file.write(std::string(1 << 20, 'a'));
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CHECK(folder.entries() == 0);
}

TEST_CASE("a file can be its owner's alone, also where it replaces another") {
  const TemporaryFolder folder;
  const mode_t mask = ::umask(0);
  for (int time = 0; time < 2; ++time) {
    AtomicFile file(folder / "file", true, FileReaders::Owner);
    file.commit();
    struct stat status {};
    REQUIRE(::stat((folder / "file").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    ::chmod((folder / "file").c_str(), 0666);
  }
  ::umask(mask);
}

TEST_CASE("an existing file is kept unless it may be replaced") {
  const TemporaryFolder folder;
  const auto path = put_file(folder / "file", "old");
  const std::string expected = "exists; pass --force to replace it";
  CHECK(error_of(path, [&] { write_file_atomically(path, "new"); }) == expected);
  CHECK(error_of(path, [&] { AtomicFile file(path); }) == expected);
  CHECK(error_of(path, [&] { require_absent(path); }) == expected);
  CHECK(get_file(path) == "old");
  write_file_atomically(path, "new", true);
  CHECK(get_file(path) == "new");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file that comes into being meanwhile is kept too") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  {
    AtomicFile file(path);
    file.write("new");
    put_file(path, "old");
    CHECK(error_of(path, [&] { file.commit(); }) == "exists; pass --force to replace it");
  }
  CHECK(get_file(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a dangling link counts as existing, and a link is replaced rather than followed") {
  const TemporaryFolder folder;
  const auto link = folder / "link";
  std::filesystem::create_symlink(folder / "nowhere", link);
  CHECK(contains(error_of(link, [&] { write_file_atomically(link, "new"); }), "exists"));
  const auto target = put_file(folder / "target", "old");
  const auto other = folder / "other";
  std::filesystem::create_symlink(target, other);
  write_file_atomically(other, "new", true);
  CHECK(get_file(target) == "old");
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(other)));
}

TEST_CASE("a place that cannot be written is reported with its reason") {
  const TemporaryFolder folder;
  const auto file = put_file(folder / "file", "x");
  const auto below_file = file / "name";
  CHECK(error_of(below_file, [&] { write_file_atomically(below_file, "x"); }) ==
        "cannot be written (Not a directory); make its folder first or write elsewhere");
  const auto no_folder = folder / "none/name";
  CHECK(contains(error_of(no_folder, [&] { write_file_atomically(no_folder, "x"); }), "No such file"));
  CHECK(contains(error_of(folder.path(), [&] { write_file_atomically(folder.path(), "x", true); }),
                 "is a folder"));
  const std::filesystem::path device = "/dev/full";
  CHECK(
      contains(error_of(device, [&] { write_file_atomically(device, "x", true); }), "is not a regular file"));
  const auto unnamed = folder / "";
  CHECK(contains(error_of(unnamed, [&] { write_file_atomically(unnamed, "x"); }), "names no file"));
}

TEST_CASE("a write that fails half way leaves the old file and no other") {
  const TemporaryFolder folder;
  const auto path = put_file(folder / "file", "old");
  // A limit on the size of files stands in for a full disk: the first write is cut short, the next one fails.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{1000, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  const std::string error =
      error_of(path, [&] { write_file_atomically(path, std::string(5000, 'x'), true); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  CHECK(contains(error, "cannot be written (File too large)"));
  CHECK(get_file(path) == "old");
  CHECK(folder.entries() == 1);
}

TEST_CASE("reading refuses what is no file or too large") {
  const TemporaryFolder folder;
  const auto missing = folder / "missing";
  CHECK(error_of(missing, [&] { read_file(missing, 9); }) ==
        "cannot be read (No such file or directory); check the path");
  CHECK(contains(error_of(folder.path(), [&] { read_file(folder.path(), 9); }), "is a folder, not a file"));
  const auto pipe = folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(contains(error_of(pipe, [&] { read_file(pipe, 9); }), "is not a regular file"));
  const auto ten = put_file(folder / "ten", "0123456789");
  CHECK(contains(error_of(ten, [&] { read_file(ten, 9); }), "is larger than the 9 bytes"));
  CHECK(read_file(ten, 10) == "0123456789");
  CHECK(read_file(put_file(folder / "empty", ""), 9).empty());
}

TEST_CASE("parts of a file are read by their offset, and not beyond its end") {
  const TemporaryFolder folder;
  const auto path = put_file(folder / "file", "0123456789");
  const InputFile file(path);
  CHECK(file.size() == 10);
  std::string part(3, ' ');
  file.read_at(7, std::as_writable_bytes(std::span(part)));
  CHECK(part == "789");
  CHECK(contains(error_of(path, [&] { file.read_at(8, std::as_writable_bytes(std::span(part))); }),
                 "ends too early"));
}

TEST_CASE("of two files that belong together both get their names, or neither") {
  const TemporaryFolder folder;
  const auto write_both = [&folder](bool overwrite) {
    AtomicFile first(folder / "first", overwrite), second(folder / "second", overwrite);
    first.write("new first");
    second.write("new second");
    if (!overwrite) put_file(folder / "second", "somebody else's");  // in the meantime
    if (overwrite) {
      std::filesystem::remove(folder / "second");
      std::filesystem::create_directory(folder / "second");
    }
    AtomicFile::commit_together(first, second);
  };
  CHECK_THROWS_AS(write_both(false), FileError);
  CHECK(folder.entries() == 1);
  CHECK(get_file(folder / "second") == "somebody else's");

  put_file(folder / "first", "old first");
  CHECK_THROWS_AS(write_both(true), FileError);
  CHECK(get_file(folder / "first") == "old first");
  CHECK(folder.entries() == 2);

  std::filesystem::remove(folder / "second");
  AtomicFile first(folder / "first", true), second(folder / "second", true);
  first.write("new first");
  second.write("new second");
  AtomicFile::commit_together(first, second);
  CHECK(get_file(folder / "first") == "new first");
  CHECK(get_file(folder / "second") == "new second");
  CHECK(folder.entries() == 2);
}
