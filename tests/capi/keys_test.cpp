// Keys of bauta.h.
#include <sys/stat.h>

#include <fstream>

#include "capi_helpers.h"

namespace {

std::string text_of(const Key& key) {
  char text[BAUTA_KEY_TEXT_SIZE];
  REQUIRE(bauta_key_text(key.get(), text, sizeof text) == BAUTA_OK);
  return text;
}

std::string fingerprint_of(const Key& key) {
  char text[BAUTA_FINGERPRINT_SIZE];
  REQUIRE(bauta_key_fingerprint(key.get(), text, sizeof text) == BAUTA_OK);
  return text;
}

Key made(bauta_status (*make)(const char*, bauta_key**) noexcept, const std::string& from) {
  bauta_key* key = nullptr;
  CHECK_OK(make(from.c_str(), &key));
  return Key(key);
}

Key new_private() {
  bauta_key* key = nullptr;
  REQUIRE(bauta_key_generate_private(&key) == BAUTA_OK);
  return Key(key);
}

Key public_of(const Key& own) {
  bauta_key* key = nullptr;
  REQUIRE(bauta_key_public(own.get(), &key) == BAUTA_OK);
  return Key(key);
}

Key passphrase(const std::string& text) {
  bauta_key* key = nullptr;
  CHECK_OK(bauta_key_from_passphrase(text.data(), text.size(), &key));
  return Key(key);
}

const std::vector<bauta_box> kBox{{20, 20, 60, 60}};

}  // namespace

TEST_CASE("keys of each kind become text and files, and keys again") {
  const bauta::TemporaryFolder folder;
  const Key own = new_private();
  const std::pair<Key, int32_t> keys[] = {
      {new_key(), BAUTA_SECRET_KEY}, {new_private(), BAUTA_PRIVATE_KEY}, {public_of(own), BAUTA_PUBLIC_KEY}};
  for (const auto& [key, kind] : keys) {
    CAPTURE(kind);
    CHECK(bauta_key_kind(key.get()) == kind);
    const Key again = made(bauta_key_from_text, text_of(key));
    CHECK(bauta_key_kind(again.get()) == kind);
    CHECK(fingerprint_of(again) == fingerprint_of(key));
    CHECK(fingerprint_of(key).size() + 1 == BAUTA_FINGERPRINT_SIZE);
    const std::string path = folder.path() / std::to_string(kind);
    CHECK_OK(bauta_key_write_file(key.get(), path.c_str(), 0));
    CHECK(text_of(made(bauta_key_from_file, path)) == text_of(key));
    CHECK_FAILS(BAUTA_FILE, path + ": exists; set overwrite to replace it",
                bauta_key_write_file(key.get(), path.c_str(), 0));
    CHECK_OK(bauta_key_write_file(key.get(), path.c_str(), 1));
    struct stat facts {};
    REQUIRE(stat(path.c_str(), &facts) == 0);
    if (kind != BAUTA_PUBLIC_KEY) CHECK((facts.st_mode & 0777) == 0600);
  }
  CHECK(fingerprint_of(own) == fingerprint_of(keys[2].first));
  const std::string pair = folder.path() / "pair";
  CHECK_OK(bauta_key_write_file(own.get(), pair.c_str(), 0));
  CHECK(text_of(made(bauta_key_from_file, pair + ".pub")) == text_of(keys[2].first));
}

TEST_CASE("what is no key is refused, and told nothing of it") {
  bauta_key* key = nullptr;
  const Key secret = new_key();
  std::string mistyped = text_of(secret);
  mistyped[20] = mistyped[20] == '0' ? '1' : '0';
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "bauta_key_from_text", bauta_key_from_text(mistyped.c_str(), &key));
  CHECK(std::string(bauta_last_error()).find(mistyped.substr(30, 20)) == std::string::npos);
  CHECK_FAILS(BAUTA_FILE, "/nowhere/my.key", bauta_key_from_file("/nowhere/my.key", &key));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "no passphrase", bauta_key_from_passphrase("", 0, &key));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "private", bauta_key_public(secret.get(), &key));
  CHECK(key == nullptr);
  char text[BAUTA_KEY_TEXT_SIZE];
  CHECK_FAILS(BAUTA_BUFFER_TOO_SMALL, "87", bauta_key_text(secret.get(), text, 8));
  CHECK_FAILS(BAUTA_BUFFER_TOO_SMALL, "20", bauta_key_fingerprint(secret.get(), text, 19));
  const Key words = passphrase("correct horse");
  CHECK(bauta_key_kind(words.get()) == BAUTA_PASSPHRASE);
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "passphrase", bauta_key_text(words.get(), text, sizeof text));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "passphrase", bauta_key_fingerprint(words.get(), text, sizeof text));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "passphrase", bauta_key_write_file(words.get(), "/nowhere/x", 0));
  const bauta::TemporaryFolder folder;
  const std::string path = folder.path() / "open.key";
  std::ofstream(path) << text_of(secret) << "\n";
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  CHECK_FAILS(BAUTA_FILE, "chmod", bauta_key_from_file(path.c_str(), &key));
}

TEST_CASE("a passphrase hides and restores") {
  const bauta::Image original = noise(100, 90);
  bauta::Image image = original;
  Result result;
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "8 bytes",
              hide(image, keyed_options(passphrase("short"), kBox), result));
  CHECK_OK(hide(image, keyed_options(passphrase("correct horse"), kBox), result));
  CHECK(image != original);
  const std::string record = bauta_result_record(result.get());
  bauta::Image wrong = image;
  CHECK_FAILS(BAUTA_CANNOT_OPEN, "another key",
              restore(wrong, restore_options(passphrase("correct mouse")), record.c_str(), result));
  CHECK(wrong == image);
  CHECK_OK(restore(image, restore_options(passphrase("correct horse")), record.c_str(), result));
  CHECK(image == original);
}

TEST_CASE("recipients restore with their private keys, beside the key or without one") {
  const bauta::Image original = noise(100, 90);
  const Key anna = new_private(), ben = new_private(), stranger = new_private(), key = new_key();
  const Key open[] = {public_of(anna), public_of(ben)};
  const bauta_key* recipients[] = {open[0].get(), open[1].get()};
  for (const bool with_key : {true, false}) {
    bauta_deid_options options = keyed_options(key, kBox);
    if (!with_key) options.key = nullptr;
    options.recipients = recipients;
    options.recipient_count = 2;
    bauta::Image hidden = original;
    Result result;
    CHECK_OK(hide(hidden, options, result));
    const std::string record = bauta_result_record(result.get());
    for (const Key* may : {&anna, &ben}) {
      bauta::Image image = hidden;
      CHECK_OK(restore(image, restore_options(*may), record.c_str(), result));
      CHECK(image == original);
    }
    bauta::Image image = hidden;
    CHECK_FAILS(BAUTA_CANNOT_OPEN, "another key",
                restore(image, restore_options(stranger), record.c_str(), result));
    CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "public key",
                restore(image, restore_options(open[0]), record.c_str(), result));
    CHECK_FAILS(BAUTA_NOT_RESTORABLE, "regions", restore(image, restore_options(anna), nullptr, result));
    CHECK(restore(image, restore_options(key), record.c_str(), result) ==
          (with_key ? BAUTA_OK : BAUTA_CANNOT_OPEN));
    CHECK((image == original) == with_key);
  }
}
