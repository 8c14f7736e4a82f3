// deid with a key instead of a network.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "apps/files.h"
#include "cyclegan/anonymizer/hiding.h"

namespace bauta {

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

  // For several threads. blocks: 0, those it was made with.
  KeyedPicture operator()(const std::filesystem::path& input, Image& photo, const std::vector<Box>& faces,
                          int blocks = 0) const;
  // Which code the faces got, and a note for each that did not get the one asked for.
  void report_codes(FileReport& report, const KeyedPicture& hidden) const;

  // What tells this closer from others, and no secret: fingerprints. Empty under a passphrase.
  const std::string& who() const { return who_; }

 private:
  Closer closer_;
  std::vector<PublicKey> recipients_;
  std::string who_;
  KeyedOptions options_;
};

}  // namespace bauta
