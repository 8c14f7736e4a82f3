#include "io/file_state.h"

#include <doctest/doctest.h>

#include "io/file_error.h"
#include "tests/io/temporary_folder.h"

using namespace bauta;

TEST_CASE("a file that another takes the place of, or that is written to, is noticed") {
  const TemporaryFolder folder;
  put_file(folder / "a", "one");
  put_file(folder / "b", "two");
  const FileState before(folder / "a");
  before.require_unchanged();
  SUBCASE("another of the same size") { std::filesystem::rename(folder / "b", folder / "a"); }
  SUBCASE("longer") { put_file(folder / "a", "one more"); }
  SUBCASE("gone") { std::filesystem::remove(folder / "a"); }
  CHECK_THROWS_AS(before.require_unchanged(), FileError);
  CHECK_THROWS_AS(FileState(folder / "c"), FileError);
}
