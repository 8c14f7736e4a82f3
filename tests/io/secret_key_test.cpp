#include "io/secret_key.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <string>
#include <thread>

#include "io/key_text.h"
#include "io/recipients.h"
#include "tests/io/error_of.h"
#include "tests/io/key_golden.h"
#include "tests/io/temporary_folder.h"

using namespace bauta;

namespace {

// The key 00 01 … 1f.
SecretKey counting_key() {
  const KeyText text = parse_key_text(key_golden()["key"].get<std::string>());
  return SecretKey::from_bytes(text.bytes.bytes());
}

std::filesystem::path put_secret(const std::filesystem::path& path, const std::string& bytes) {
  put_file(path, bytes);
  ::chmod(path.c_str(), 0600);
  return path;
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("secret bytes move, shorten, and are gone from where they were") {
  SecretBytes bytes(std::as_bytes(std::span("abcdef", 6)));
  SecretBytes moved(std::move(bytes));
  CHECK(moved.text() == "abcdef");
  CHECK(bytes.size() == 0);  // NOLINT: that is what is tested
  moved.truncate(9);
  CHECK(moved.size() == 6);
  moved.truncate(2);
  CHECK(moved.text() == "ab");
  bytes = std::move(moved);
  CHECK(bytes.text() == "ab");
  CHECK(bytes == SecretBytes(std::as_bytes(std::span("ab", 2))));
  CHECK(bytes != SecretBytes(std::as_bytes(std::span("ac", 2))));
  CHECK(bytes != SecretBytes(std::as_bytes(std::span("abc", 3))));
  CHECK(SecretBytes() == SecretBytes());
  CHECK(SecretBytes().size() == 0);
  // Memory is used again, and nothing is left in it, not even of what was cut off.
  for (int i = 0; i < 20; ++i) {
    SecretBytes used(6);
    CHECK(used == SecretBytes(6));
    std::ranges::fill(used.bytes(), std::byte{1});
    if (i % 2 == 0) used.truncate(3);
  }
  static_assert(!std::is_copy_constructible_v<SecretKey> && !std::is_copy_assignable_v<SecretKey>);
}

TEST_CASE("keys are random, and told apart by their fingerprints") {
  std::set<std::string> prints;
  for (int i = 0; i < 100; ++i) prints.insert(SecretKey::generate().fingerprint());
  CHECK(prints.size() == 100);
}

TEST_CASE("keys, sub-keys, fingerprints and passphrases are what PyNaCl and hashlib make of them") {
  const auto golden = key_golden();
  const SecretKey key = counting_key();
  CHECK(key.fingerprint() == golden["fingerprint"]);
  CHECK(key_text(kSecretKeyKind, key.bytes()).text() == golden["key"].get<std::string>() + "\n");
  for (const auto& derived : golden["derived"]) {
    const std::string salt = from_hex(derived["salt"]);
    const SecretKey sub_key =
        key.derive(derived["context"].get<std::string>(), std::as_bytes(std::span(salt)));
    CHECK(to_hex(sub_key.bytes()) == derived["key"]);
  }
  const SecretBytes passphrase(std::as_bytes(std::span(golden["passphrase"].get_ref<const std::string&>())));
  const std::string salt = from_hex(golden["salt"]);
  const PassphraseCost cost{golden["passes"], golden["mebibytes"]};
  const SecretKey made =
      SecretKey::from_passphrase(passphrase, std::as_bytes(std::span(salt)).first<16>(), cost);
  CHECK(to_hex(made.bytes()) == golden["from_passphrase"]);
}

TEST_CASE("a passphrase's cost has bounds on both sides") {
  CHECK(is_allowed(kUsualPassphraseCost));
  CHECK(is_allowed(kLowestPassphraseCost));
  CHECK(is_allowed(kHighestPassphraseCost));
  const SecretBytes passphrase(8);
  const std::array<std::byte, 16> salt{};
  for (const PassphraseCost cost : {PassphraseCost{0, 64},
                                    {1, 64},
                                    {9, 64},
                                    {3, 0},
                                    {3, 18},
                                    {3, 1025},
                                    {0xffffffffu, 64},
                                    {3, 0xffffffffu}}) {
    CHECK_FALSE(is_allowed(cost));
    CHECK_THROWS_AS(SecretKey::from_passphrase(passphrase, salt, cost), std::invalid_argument);
  }
}

TEST_CASE("a key of another length is refused") {
  const std::array<std::byte, 33> bytes{};
  CHECK_THROWS_AS(SecretKey::from_bytes(bytes), std::invalid_argument);
  CHECK_THROWS_AS(SecretKey::from_bytes(std::span(bytes).first(31)), std::invalid_argument);
  CHECK_NOTHROW(SecretKey::from_bytes(std::span(bytes).first(32)));
}

TEST_CASE("a key file comes back, is its owner's alone, and is not replaced unasked") {
  const TemporaryFolder folder;
  const auto path = folder / "key";
  const SecretKey key = SecretKey::generate();
  const mode_t mask = ::umask(0);
  write_key_file(path, key);
  ::umask(mask);
  CHECK(mode_of(path) == 0600);
  CHECK(read_key_file(path).fingerprint() == key.fingerprint());
  CHECK(error_of(path, [&] { write_key_file(path, SecretKey::generate()); }) ==
        "exists; pass --force to replace it");
  CHECK(read_key_file(path).fingerprint() == key.fingerprint());
  write_key_file(path, SecretKey::generate(), true);
  CHECK(read_key_file(path).fingerprint() != key.fingerprint());
  CHECK(mode_of(path) == 0600);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a key file that others may read or write is refused; a public key's is not") {
  const TemporaryFolder folder;
  const auto path = folder / "key";
  write_key_file(path, SecretKey::generate());
  for (const mode_t mode : {0640u, 0620u, 0604u, 0602u, 0610u, 0777u}) {
    ::chmod(path.c_str(), mode);
    CHECK(contains(error_of(path, [&] { read_key_file(path); }),
                   "is open to others than its owner; run chmod 600"));
  }
  ::chmod(path.c_str(), 0400);
  CHECK_NOTHROW(read_key_file(path));
}

TEST_CASE("a key's text is taken with other blanks and letters, from a pipe too") {
  const std::string line = key_golden()["key"];
  std::string upper = line;
  for (std::size_t i = kSecretKeyKind.size(); i < upper.size(); ++i)
    upper[i] = static_cast<char>(std::toupper(upper[i]));
  const TemporaryFolder folder;
  for (const std::string& text : {line, line + "\n", line + "\r\n", "\n " + line + "\n\n", upper})
    CHECK(read_key_file(put_secret(folder / "key", text)).fingerprint() == counting_key().fingerprint());
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  std::thread writer([&] {
    CHECK(::write(ends[1], line.data(), 20) == 20);
    CHECK(::write(ends[1], line.data() + 20, line.size() - 20) == static_cast<ssize_t>(line.size() - 20));
    ::close(ends[1]);
  });
  CHECK(read_key_file("/dev/fd/" + std::to_string(ends[0])).fingerprint() == counting_key().fingerprint());
  writer.join();
  ::close(ends[0]);
}

TEST_CASE("whatever is wrong with a key's text is an error that keeps the key to itself") {
  const std::string line = key_golden()["key"];
  const TemporaryFolder folder;
  const auto refused = [&](const std::string& text) {
    const auto path = put_secret(folder / "key", text);
    const std::string error = error_of(path, [&] { read_key_file(path); });
    for (std::size_t i = kSecretKeyKind.size(); i + 8 < text.size(); ++i)
      if (contains(error, text.substr(i, 8))) return false;
    return contains(error, "; ") && error != "no error";
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    std::string changed = line;
    changed[i] = line[i] == '3' ? '4' : '3';
    CHECK_MESSAGE(refused(changed), i);
    CHECK_MESSAGE(refused(line.substr(0, i)), i);
    CHECK_MESSAGE(refused(line.substr(0, i) + line.substr(i + 1)), i);
  }
  CHECK(refused(line + "0"));
  CHECK(refused(line + " 0"));
  CHECK(refused(line + "\n" + line));
  CHECK(refused(std::string(1 << 20, 'a')));
  const auto path = put_secret(folder / "key", key_golden()["private_key"]);
  CHECK(error_of(path, [&] { read_key_file(path); }) ==
        "holds a recipient's private key, not a secret key; name a file with a secret key");
  CHECK(contains(error_of(folder / "none", [&] { read_key_file(folder / "none"); }), "cannot be read"));
  CHECK(contains(error_of(folder.path(), [&] { read_key_file(folder.path()); }), "cannot be read"));
}
