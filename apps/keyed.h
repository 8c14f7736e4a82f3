// deid and reid with a key instead of a network.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "apps/files.h"
#include "apps/network.h"
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

// Keyed De-ID. Throws FileError for a key that cannot be used, std::runtime_error for such a passphrase, and
// for residual levels that the networks do not have.
class KeyedHider {
 public:
  // networks: for --code network, else null.
  KeyedHider(const HidingOptions& options, Cover cover, int blocks, const CodeNetworks* networks = nullptr);

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
  // key: what the pictures were made with, or a recipient's private key. model: of pictures by networks, as
  // KeyedNetworks takes it; loaded when a picture asks for it.
  KeyedRestorer(Opener key, bool force_damaged, CommonOptions common, std::string model);

  // For several threads. Puts all faces back or none: throws FileError for a picture that is not keyed, under
  // another key, or changed. Returns how many faces; reports those that come back only nearly.
  std::size_t operator()(FileReport& report, Image& photo) const;

 private:
  std::vector<KeyedRegion> regions_of(const std::filesystem::path& path, const Image& photo) const;
  OpenedRegion open(Image& photo, const KeyedRegion& region, const RegionKeys& keys) const;
  const CodeNetworks& networks() const;

  Opener key_;
  bool force_damaged_;
  CommonOptions common_;
  std::string model_;
  mutable std::once_flag asked_;
  mutable std::optional<KeyedNetworks> networks_;
};

}  // namespace bauta
