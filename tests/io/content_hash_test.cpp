#include "io/content_hash.h"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"

using namespace bauta;

namespace {

// 00 01 … 1f
HashKey counting_key() {
  HashKey key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(i);
  return key;
}

}  // namespace

TEST_CASE("a content hash is Python's hashlib.blake2b with that key, of bytes and of files") {
  const std::string expected = "d63a32d3e44738d7907f964316c241adaba0abfeabc32349677578a15a203f7f";
  ContentHash pieces(counting_key());
  pieces.add("a");
  pieces.add("bc");
  CHECK(pieces.finish() == expected);

  const TemporaryFolder folder;
  const auto path = put_file(folder.path() / "abc", "abc");
  ContentHash file(counting_key());
  file.add_file(path);
  CHECK(file.finish() == expected);
  CHECK(public_hash_of_file(path) == "bad705ff155af631f38dc6cafdda827a31595c802f3ff585c10691c58944d89b");

  const std::string large(3'000'001, 'x');
  ContentHash whole(counting_key()), read(counting_key());
  whole.add(large);
  read.add_file(put_file(folder.path() / "large", large));
  CHECK(whole.finish() == read.finish());
  CHECK(new_hash_key() != new_hash_key());
}

TEST_CASE("names fall to the same part everywhere, about as many to each") {
  CHECK(part_of("one", 7) == 3);  // as hashlib.blake2b says
  std::map<std::uint64_t, int> counts;
  for (int i = 0; i < 8000; ++i) ++counts[part_of("IMG_" + std::to_string(i), 8)];
  REQUIRE(counts.size() == 8);
  for (const auto& [part, count] : counts) {
    CHECK(count > 850);
    CHECK(count < 1150);
  }
  CHECK(part_of("anything", 1) == 0);
}
