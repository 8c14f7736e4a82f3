// deid with a key instead of a network.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "apps/files.h"
#include "cyclegan/anonymizer/checked_hider.h"

namespace bauta {

struct HidingOptions {
  std::filesystem::path key_file;
  bool passphrase = false;  // to be asked for on the terminal
  std::optional<int> passphrase_descriptor;
  std::vector<std::filesystem::path> recipients;  // files of public keys
  std::string code = "exact";
  int residual_levels = 0;

  bool by_passphrase() const { return passphrase || passphrase_descriptor.has_value(); }
  std::vector<std::filesystem::path> files() const;  // that are read
  bool keyed() const { return !key_file.empty() || by_passphrase() || !recipients.empty(); }
};
void add_hiding_options(CLI::App& command, HidingOptions& options);

// What the options say. networks: for --code network, else null. Throws FileError for a key that cannot be
// used, std::runtime_error for such a passphrase, and for residual levels that the networks do not have.
HideUnderKey hiding_under_key(const HidingOptions& options, const CodeNetworks* networks = nullptr);

// What tells who can restore from others, and no secret: fingerprints. Empty under a passphrase.
std::string who_restores(const HideUnderKey& hiding);

// Which code the faces got, and a note for each that did not get the one asked for.
void report_codes(FileReport& report, const KeyedPicture& hidden, ResidualCode asked);

}  // namespace bauta
