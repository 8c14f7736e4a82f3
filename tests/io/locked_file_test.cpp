#include "io/locked_file.h"

#include <doctest/doctest.h>
#include <sodium.h>
#include <sys/stat.h>

#include "io/input_file.h"
#include "io/key_text.h"
#include "io/safetensors.h"
#include "tests/io/error_of.h"
#include "tests/io/key_golden.h"
#include "tests/io/temporary_folder.h"

using namespace bauta;

namespace {

constexpr std::size_t kChunk = 65536, kOverhead = 17;
constexpr const char* kDoesNotOpen = "does not open: it was locked with another key or passphrase";

SecretKey copy(const SecretKey& key) { return SecretKey::from_bytes(key.bytes()); }

Passphrase passphrase_of(const std::string& text) { return {SecretBytes(std::as_bytes(std::span(text)))}; }

Closers for_key(const SecretKey& key) {
  Closers closers;
  closers.keys.push_back(copy(key));
  return closers;
}

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 2654435761u >> 13);
  return bytes;
}

std::string content_of(const UnlockedFile& file) {
  std::string bytes(static_cast<std::size_t>(file.size()), '\0');
  file.read_at(0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

// A folder with `content` locked for `key` in the file "locked".
struct LockedFolder {
  explicit LockedFolder(const std::string& content) : key(SecretKey::generate()), path(folder / "locked") {
    lock_file(put_file(folder / "content", content), path, for_key(key));
    std::filesystem::remove(folder / "content");
    bytes = get_file(path);
  }

  // "no error", or what is wrong with it once it holds these bytes; "output" if there is any all the same.
  std::string error_with(const std::string& changed) {
    put_file(path, changed);
    const Opener opener = copy(key);
    const auto out = folder / "out";
    const std::string error = error_of(path, [&] { unlock_file(path, out, opener); });
    if (error_of(path, [&] { UnlockedFile(path, opener); }) != error) return "another error in memory";
    const bool is_output = std::filesystem::exists(out);
    std::filesystem::remove(out);
    if (folder.entries() != 1 || (is_output && error != "no error")) return "output";
    return error;
  }

  TemporaryFolder folder;
  SecretKey key;
  std::filesystem::path path;
  std::string bytes;
};

bool is_refusal(const std::string& error) {
  return contains(error, "; ") && !contains(error, "another error in memory");
}

}  // namespace

TEST_CASE("what is locked comes back, whatever its size") {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kChunk - 1, kChunk, kChunk + 1, 3 * kChunk, 3 * kChunk + 77}) {
    const std::string content = pattern(size);
    LockedFolder locked(content);
    CHECK(locked.bytes.size() ==
          16 + 1 + 73 + 24 + size + kOverhead * std::max<std::size_t>(1, (size + kChunk - 1) / kChunk));
    const auto out = locked.folder / "out";
    unlock_file(locked.path, out, copy(locked.key));
    CHECK(get_file(out) == content);
    struct stat status {};
    REQUIRE(::stat(out.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(content_of(UnlockedFile(locked.path, copy(locked.key))) == content);
    CHECK(read_lock_facts(locked.path).content_bytes == size);
    CHECK(error_of(out, [&] { unlock_file(locked.path, out, copy(locked.key)); }) ==
          "exists; pass --force to replace it");
  }
}

TEST_CASE("two lockings of one file with one key have nothing in common") {
  LockedFolder a(pattern(500));
  const auto again = a.folder / "again";
  lock_file(put_file(a.folder / "content", pattern(500)), again, for_key(a.key));
  const std::string b = get_file(again);
  for (std::size_t i = 16 + 2; i + 16 <= b.size(); ++i) REQUIRE_FALSE(contains(a.bytes, b.substr(i, 16)));
  CHECK_FALSE(contains(b, pattern(500).substr(100, 8)));
}

TEST_CASE("keys, recipients and a passphrase each open, and no others do") {
  const TemporaryFolder folder;
  const auto path = folder / "locked";
  const std::string content = pattern(1000);
  Closers closers;
  for (int i = 0; i < 2; ++i) closers.keys.push_back(SecretKey::generate());
  const PrivateKey anna = PrivateKey::generate(), boris = PrivateKey::generate();
  closers.recipients = {anna.public_key(), boris.public_key()};
  closers.passphrase = passphrase_of("correct horse");
  closers.passphrase_cost = kLowestPassphraseCost;
  lock_file(put_file(folder / "content", content), path, closers);
  const LockFacts facts = read_lock_facts(path);
  CHECK(facts.keys == 2);
  CHECK(facts.recipients == 2);
  REQUIRE(facts.passphrase.has_value());
  CHECK(facts.passphrase->mebibytes == kLowestPassphraseCost.mebibytes);
  const auto opens = [&](const Opener& opener) {
    const std::string error =
        error_of(path, [&] { CHECK(content_of(UnlockedFile(path, opener)) == content); });
    if (error != "no error") CHECK(contains(error, kDoesNotOpen));
    return error == "no error";
  };
  CHECK(opens(copy(closers.keys[0])));
  CHECK(opens(copy(closers.keys[1])));
  CHECK(opens(PrivateKey::from_bytes(anna.bytes())));
  CHECK(opens(PrivateKey::from_bytes(boris.bytes())));
  CHECK(opens(passphrase_of("correct horse")));
  CHECK_FALSE(opens(SecretKey::generate()));
  CHECK_FALSE(opens(PrivateKey::generate()));
  CHECK_FALSE(opens(PrivateKey::from_bytes(closers.keys[0].bytes())));
  CHECK_FALSE(opens(SecretKey::from_bytes(anna.bytes())));
  for (const char* wrong : {"correct hors", "correct horse ", "Correct horse", "correct horsf"})
    CHECK_FALSE(opens(passphrase_of(wrong)));
}

TEST_CASE("PyNaCl's locked file opens in each of its ways") {
  const auto golden = key_golden();
  const auto path = key_golden_path("keys.locked");
  const auto secret = [&](const char* name) {
    return std::move(parse_key_text(golden[name].get<std::string>()).bytes);
  };
  Opener openers[] = {SecretKey::from_bytes(secret("key").bytes()),
                      PrivateKey::from_bytes(secret("private_key").bytes()),
                      passphrase_of(golden["passphrase"])};
  for (const Opener& opener : openers) {
    const std::string content = content_of(UnlockedFile(path, opener));
    CHECK(content.size() == golden["content_bytes"].get<std::size_t>());
    std::array<std::byte, 32> hash{};
    crypto_generichash_blake2b(sodium_bytes(std::span<std::byte>(hash)), hash.size(),
                               sodium_bytes(std::as_bytes(std::span(content))), content.size(), nullptr, 0);
    CHECK(to_hex(hash) == golden["content_blake2b"]);
  }
}

TEST_CASE("a locked file with any byte changed to anything else is refused, and nothing is written") {
  LockedFolder locked("the secret content");
  REQUIRE(locked.error_with(locked.bytes) == "no error");
  for (std::size_t i = 0; i < locked.bytes.size(); ++i) {
    // In memory alone for most values, as files take their time.
    for (int change = 1; change < 256; ++change) {
      std::string changed = locked.bytes;
      changed[i] = static_cast<char>(changed[i] ^ change);
      put_file(locked.path, changed);
      const std::string error =
          (change & (change - 1)) == 0
              ? locked.error_with(changed)
              : error_of(locked.path, [&] { UnlockedFile(locked.path, Opener(copy(locked.key))); });
      REQUIRE_MESSAGE(is_refusal(error), i << " ^ " << change << ": " << error);
    }
  }
}

TEST_CASE("a locked file cut off anywhere, or with bytes appended, is refused, and nothing is written") {
  LockedFolder locked(pattern(2 * kChunk + 100));
  const std::size_t begin = locked.bytes.size() - (2 * kChunk + 100 + 3 * kOverhead);
  const auto refused = [&](std::size_t size) {
    const std::string error = locked.error_with(locked.bytes.substr(0, size));
    CHECK_MESSAGE(is_refusal(error), size << ": " << error);
  };
  for (std::size_t size = 0; size < begin + 40; ++size) refused(size);
  for (const std::size_t chunk : {1u, 2u})
    for (std::size_t near = 0; near < 80; ++near) refused(begin + chunk * (kChunk + kOverhead) - 40 + near);
  for (std::size_t less = 1; less < 120; ++less) refused(locked.bytes.size() - less);
  for (const std::size_t more : {1u, 16u, 17u, 18u, 1000u, 70000u})
    CHECK(is_refusal(locked.error_with(locked.bytes + std::string(more, 'x'))));
  CHECK(is_refusal(locked.error_with(locked.bytes + locked.bytes)));
  CHECK(locked.error_with(locked.bytes) == "no error");

  LockedFolder small("the secret content");
  for (std::size_t size = 0; size < small.bytes.size(); ++size)
    CHECK_MESSAGE(is_refusal(small.error_with(small.bytes.substr(0, size))), size);
}

TEST_CASE("chunks swapped, dropped, doubled or from another file are refused") {
  const std::string content = pattern(3 * kChunk);  // chunks of one size
  LockedFolder locked(content);
  constexpr std::size_t kWhole = kChunk + kOverhead;
  const std::size_t begin = locked.bytes.size() - 3 * kWhole;
  const std::string header = locked.bytes.substr(0, begin);
  const auto chunk = [&](std::size_t i) { return locked.bytes.substr(begin + i * kWhole, kWhole); };
  CHECK(locked.error_with(header + chunk(0) + chunk(1) + chunk(2)) == "no error");
  for (const auto& order : std::vector<std::vector<std::size_t>>{{1, 0, 2},
                                                                 {0, 2, 1},
                                                                 {2, 1, 0},
                                                                 {0, 1},
                                                                 {0, 2},
                                                                 {1, 2},
                                                                 {2},
                                                                 {0, 0, 2},
                                                                 {0, 0, 1, 2},
                                                                 {0, 1, 2, 2},
                                                                 {0, 1, 1, 2},
                                                                 {0, 1, 2, 0},
                                                                 {}}) {
    std::string changed = header;
    for (const std::size_t i : order) changed += chunk(i);
    CHECK(is_refusal(locked.error_with(changed)));
  }
  const auto again = locked.folder / "again";
  lock_file(put_file(locked.folder / "content", content), again, for_key(locked.key));
  const std::string other = get_file(again);
  std::filesystem::remove(again);
  std::filesystem::remove(locked.folder / "content");
  CHECK(is_refusal(locked.error_with(header + other.substr(begin))));
  CHECK(is_refusal(locked.error_with(other.substr(0, begin) + locked.bytes.substr(begin))));
  CHECK(is_refusal(locked.error_with(header + chunk(0) + other.substr(begin + kWhole, kWhole) + chunk(2))));
}

TEST_CASE("ways taken out of a locked file, added or exchanged are noticed") {
  const TemporaryFolder folder;
  const auto path = folder / "locked";
  const SecretKey key = SecretKey::generate(), second = SecretKey::generate();
  Closers closers = for_key(key);
  closers.keys.push_back(copy(second));
  lock_file(put_file(folder / "content", "content"), path, closers);
  const std::string bytes = get_file(path);
  const std::string magic = bytes.substr(0, 16), first_way = bytes.substr(17, 73),
                    second_way = bytes.substr(90, 73), rest = bytes.substr(163);
  const auto refused = [&](const std::string& changed) {
    put_file(path, changed);
    return is_refusal(error_of(path, [&] { UnlockedFile(path, Opener(copy(key))); }));
  };
  CHECK_FALSE(refused(bytes));
  CHECK(refused(magic + "\1" + first_way + rest));
  CHECK(refused(magic + "\1" + second_way + rest));
  CHECK(refused(magic + "\2" + second_way + first_way + rest));
  CHECK(refused(magic + "\3" + first_way + second_way + second_way + rest));
  CHECK(refused(magic + "\2" + first_way + first_way + rest));
}

TEST_CASE("a header that asks for too much is refused before anything is done for it") {
  const TemporaryFolder folder;
  const auto path = folder / "locked";
  Closers closers;
  closers.passphrase = passphrase_of("correct horse");
  closers.passphrase_cost = kLowestPassphraseCost;
  lock_file(put_file(folder / "content", "content"), path, closers);
  const std::string bytes = get_file(path);
  const auto error_with = [&](const std::string& changed) {
    put_file(path, changed);
    return error_of(path, [&] { UnlockedFile(path, Opener(passphrase_of("correct horse"))); });
  };
  const auto with_number = [&](std::size_t place, std::uint32_t number) {
    std::string changed = bytes;
    for (std::size_t i = 0; i < 4; ++i) changed[place + i] = static_cast<char>(number >> 8 * i);
    return changed;
  };
  CHECK(error_with(bytes) == "no error");
  const std::size_t passes = 17 + 1 + 16, mebibytes = passes + 4;
  for (const std::uint32_t number : {0u, 1u, 9u, 0x01000002u, 0xffffffffu})
    CHECK(contains(error_with(with_number(passes, number)), "asks for more work than a passphrase may"));
  for (const std::uint32_t number : {0u, 18u, 1025u, 0x80000000u, 0xffffffffu})
    CHECK(contains(error_with(with_number(mebibytes, number)), "asks for more work than a passphrase may"));
  CHECK(contains(error_with(with_number(mebibytes, 20)), kDoesNotOpen));
  const std::string way = bytes.substr(17, 97), rest = bytes.substr(17 + 97);
  CHECK(contains(error_with(bytes.substr(0, 16) + "\2" + way + way + rest), "asks for more work"));
  CHECK(contains(error_with(bytes.substr(0, 16) + "\x41" + way + rest), "does not say who may open it"));
}

TEST_CASE("other files and other versions are told from damaged ones") {
  const TemporaryFolder folder;
  const auto path = folder / "locked";
  const auto error_with = [&](const std::string& bytes) {
    put_file(path, bytes);
    return error_of(path, [&] { read_lock_facts(path); });
  };
  CHECK(error_with("") == "is no locked file of bauta's; name a file that bauta lock wrote");
  CHECK(error_with("something else, that is long enough") ==
        "is no locked file of bauta's; name a file that bauta lock wrote");
  CHECK(error_with("bauta locked v2\n" + std::string(300, '\1')) ==
        "was locked by another version of bauta; use that version");
}

TEST_CASE("a file is locked for somebody, and not for more than a header takes") {
  const TemporaryFolder folder;
  const auto content = put_file(folder / "content", "content");
  CHECK_THROWS_AS(lock_file(content, folder / "out", Closers{}), std::invalid_argument);
  Closers many;
  for (std::size_t i = 0; i <= kMostWaysToOpen; ++i) many.keys.push_back(SecretKey::generate());
  CHECK_THROWS_AS(lock_file(content, folder / "out", many), std::invalid_argument);
  many.keys.pop_back();
  lock_file(content, folder / "out", many);
  CHECK(content_of(UnlockedFile(folder / "out", Opener(copy(many.keys.back())))) == "content");
}

TEST_CASE("weights are read from a locked file as from an open one") {
  const TemporaryFolder folder;
  SafetensorsFile file;
  file.metadata["role"] = "reid";
  file.tensors["a"] = {{2, 3}, {1, 2, 3, 4, 5, 6}};
  file.tensors["b"] = {{}, {0.5f}};
  write_safetensors(folder / "open", file);
  const SecretKey key = SecretKey::generate();
  lock_file(folder / "open", folder / "locked", for_key(key));
  const UnlockedFile unlocked(folder / "locked", Opener(copy(key)));
  const SafetensorsFile read = read_safetensors(unlocked);
  CHECK(read.metadata == file.metadata);
  CHECK(read.tensors.at("a").values == file.tensors["a"].values);
  CHECK(read.tensors.at("b").shape.empty());
  std::array<std::byte, 2> two{};
  for (const std::uint64_t place : {unlocked.size() - 1, unlocked.size() + 1, ~std::uint64_t{0}})
    CHECK(contains(error_of(folder / "locked", [&] { unlocked.read_at(place, two); }), "ends too early"));
  // What was locked is a file of a stranger's all the same.
  put_file(folder / "bad", "no weights");
  lock_file(folder / "bad", folder / "bad.locked", for_key(key));
  const UnlockedFile bad(folder / "bad.locked", Opener(copy(key)));
  CHECK(contains(error_of(folder / "bad.locked", [&] { read_safetensors(bad); }), "no proper safetensors"));
}
