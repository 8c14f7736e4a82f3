// deid and reid with a key instead of a network.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/files.h"
#include "cyclegan/anonymizer/record.h"
#include "io/opener.h"

namespace bauta {

// ---- deid

struct HidingOptions {
  std::filesystem::path key_file;
  bool passphrase = false;  // to be asked for on the terminal
  std::optional<int> passphrase_descriptor;
  std::vector<std::filesystem::path> recipients;  // files of public keys
  std::string code = "exact";
  int residual_levels = 0;

  bool by_passphrase() const { return passphrase || passphrase_descriptor.has_value(); }
  bool keyed() const { return !key_file.empty() || by_passphrase() || !recipients.empty(); }
};
void add_hiding_options(CLI::App& command, HidingOptions& options);

// Keyed De-ID. Throws FileError for a key that cannot be used, std::runtime_error for such a passphrase.
class KeyedHider {
 public:
  KeyedHider(const HidingOptions& options, Cover cover, int blocks);

  // For several threads. Reports what does not fit.
  AnonymizationRecord operator()(FileReport& report, Image& photo, const std::vector<Box>& faces) const;

 private:
  std::optional<SecretKey> key_;  // without this and passphrase_ each picture has one for its recipients
  std::optional<Passphrase> passphrase_;
  std::vector<PublicKey> recipients_;
  KeyedOptions options_;
};

// ---- reid

// Keyed Re-ID. Throws FileError for a key that cannot be used.
class KeyedRestorer {
 public:
  // key: what the pictures were made with, or a recipient's private key.
  KeyedRestorer(Opener key, bool force_damaged);

  // For several threads. Puts all faces back or none: throws FileError for a picture that is not keyed, under
  // another key, or changed. Returns how many faces; reports those that come back only nearly.
  std::size_t operator()(FileReport& report, Image& photo) const;

 private:
  std::vector<KeyedRegion> regions_of(const std::filesystem::path& path, const Image& photo) const;

  Opener key_;
  bool force_damaged_;
};

}  // namespace bauta
