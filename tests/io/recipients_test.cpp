#include "io/recipients.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "io/key_text.h"
#include "io/opener.h"
#include "tests/io/error_of.h"
#include "tests/io/key_golden.h"
#include "tests/io/temporary_folder.h"

using namespace bauta;

TEST_CASE("a key wrapped for a recipient opens for that recipient alone") {
  const PrivateKey recipient = PrivateKey::generate(), other = PrivateKey::generate();
  const SecretKey key = SecretKey::generate();
  const WrappedKey wrapped = wrap_key(key, recipient.public_key());
  const auto unwrapped = unwrap_key(wrapped, recipient);
  REQUIRE(unwrapped.has_value());
  CHECK(to_hex(unwrapped->bytes()) == to_hex(key.bytes()));
  CHECK_FALSE(unwrap_key(wrapped, other).has_value());
  CHECK(wrap_key(key, recipient.public_key()) != wrapped);
}

TEST_CASE("a wrapped key with any bit changed does not open") {
  const PrivateKey recipient = PrivateKey::generate();
  WrappedKey wrapped = wrap_key(SecretKey::generate(), recipient.public_key());
  // X25519 ignores the highest bit of a point, but the box's nonce is a hash of all of it.
  for (std::size_t bit = 0; bit < 8 * wrapped.size(); ++bit) {
    const std::byte mask{static_cast<unsigned char>(1u << bit % 8)};
    wrapped[bit / 8] ^= mask;
    CHECK_FALSE(unwrap_key(wrapped, recipient).has_value());
    wrapped[bit / 8] ^= mask;
  }
  CHECK(unwrap_key(wrapped, recipient).has_value());
}

TEST_CASE("PyNaCl's key pair and sealed box are ours") {
  const auto golden = key_golden();
  const KeyText text = parse_key_text(golden["private_key"].get<std::string>());
  const PrivateKey key = PrivateKey::from_bytes(text.bytes.bytes());
  CHECK(key.public_key().text() == golden["public_key"]);
  CHECK(key.public_key().fingerprint() == golden["public_fingerprint"]);
  const std::string wrapped = from_hex(golden["wrapped"]);
  const auto unwrapped = unwrap_key(std::as_bytes(std::span(wrapped)).first<kWrappedKeyBytes>(), key);
  REQUIRE(unwrapped.has_value());
  CHECK(to_hex(unwrapped->bytes()) == golden["unwrapped"]);
}

TEST_CASE("nothing is wrapped for a point with which anybody could open it") {
  const std::array<std::byte, 32> zero{};
  CHECK_THROWS_AS(wrap_key(SecretKey::generate(), PublicKey::from_bytes(zero)), std::invalid_argument);
}

TEST_CASE("a key pair's files come back, the private one its owner's alone") {
  const TemporaryFolder folder;
  const auto path = folder / "anna";
  const PrivateKey key = PrivateKey::generate();
  write_key_pair_files(path, key);
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(read_private_key_file(path).public_key() == key.public_key());
  CHECK(read_public_key_file(folder / "anna.pub") == key.public_key());
  CHECK(contains(error_of(path, [&] { read_public_key_file(path); }),
                 "holds a recipient's private key, not a recipient's public key"));
  CHECK(std::holds_alternative<PrivateKey>(read_opener_file(path)));
  CHECK(contains(error_of(folder / "anna.pub", [&] { read_opener_file(folder / "anna.pub"); }),
                 "holds a public key, which opens nothing"));
  CHECK(contains(error_of(path, [&] { write_key_pair_files(path, key); }), "exists"));
  std::filesystem::remove(path);
  CHECK(contains(error_of(folder / "anna.pub", [&] { write_key_pair_files(path, key); }), "exists"));
  CHECK_FALSE(std::filesystem::exists(path));
}
