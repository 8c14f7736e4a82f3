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
  std::vector<std::filesystem::path> recipients;  // files of public keys
  std::string code = "exact";
  int residual_levels = 0;

  bool keyed() const { return !key_file.empty() || !recipients.empty(); }
};
void add_hiding_options(CLI::App& command, HidingOptions& options);

// Keyed De-ID. Throws FileError for a key that cannot be used.
class KeyedHider {
 public:
  KeyedHider(const HidingOptions& options, Cover cover, int blocks);

  // For several threads. Reports what does not fit.
  AnonymizationRecord operator()(FileReport& report, Image& photo, const std::vector<Box>& faces) const;

 private:
  std::optional<SecretKey> key_;  // none: each picture has one of its own, for its recipients alone
  std::vector<PublicKey> recipients_;
  KeyedOptions options_;
};

// ---- reid

// Keyed Re-ID. Throws FileError for a key that cannot be used.
class KeyedRestorer {
 public:
  // key_file: the key that the pictures were made with, or a recipient's private one.
  KeyedRestorer(const std::filesystem::path& key_file, bool force_damaged);

  // For several threads. Puts all faces back or none: throws FileError for a picture that is not keyed, under
  // another key, or changed. Returns how many faces; reports those that come back only nearly.
  std::size_t operator()(FileReport& report, Image& photo) const;

 private:
  std::vector<KeyedRegion> regions_of(const std::filesystem::path& path, const Image& photo) const;
  RegionKeys keys_for(const KeyedRegion& region) const;

  Opener key_;
  bool force_damaged_;
};

}  // namespace bauta
