#include "apps/keyed.h"

#include "apps/passphrase.h"
#include "io/file_error.h"

namespace bauta {

std::vector<std::filesystem::path> HidingOptions::files() const {
  std::vector<std::filesystem::path> read = recipients;
  read.push_back(key_file);
  return read;
}

void add_hiding_options(CLI::App& command, HidingOptions& options) {
  command.add_option(
      "--key-file", options.key_file,
      "keyed: what restoring needs is enciphered into the faces, under the key in this file; no "
      "network");
  CLI::Option* passphrase = command.add_flag(
      "--passphrase", options.passphrase,
      "keyed: under a passphrase, asked for on the terminal; it can be guessed, a key cannot");
  CLI::Option* descriptor =
      command
          .add_option("--passphrase-fd", options.passphrase_descriptor,
                      "keyed: read the passphrase from this file descriptor, up to the end of the line")
          ->check(CLI::Range(0, 1 << 20));
  command.get_option("--key-file")->excludes(passphrase)->excludes(descriptor);
  passphrase->excludes(descriptor);
  command
      .add_option("--recipient", options.recipients,
                  "keyed: file with the public key of somebody who may restore, too or alone; again for more")
      ->expected(1)
      ->take_all();
  command
      .add_option(
          "--code", options.code,
          "keyed: exact, bit for bit; companded, nearly so, but a slightly altered picture can be "
          "restored in part; network, the same and nearer, by the networks of --model (train --channel "
          "keyed), which reid then needs, too")
      ->check(CLI::IsMember({"exact", "companded", "network"}))
      ->capture_default_str();
  command
      .add_option("--residual-levels", options.residual_levels,
                  "keyed: grain over the visible blocks, levels either way; default: the least of 7, 10, 15, "
                  "21, 31 that holds the faces")
      ->check(CLI::Range(kSmallestResidual, kLargestResidual));
}

HideUnderKey hiding_under_key(const HidingOptions& options, const CodeNetworks* networks) {
  if (networks && options.residual_levels != 0 && options.residual_levels != networks->k)
    throw std::runtime_error("--residual-levels: the networks were taught with " +
                             std::to_string(networks->k) + "; leave the option out");
  HideUnderKey hiding;
  if (!options.key_file.empty()) hiding.closer = read_key_file(options.key_file);
  if (options.passphrase) hiding.closer = ask_new_passphrase("Passphrase for the faces");
  if (options.passphrase_descriptor) hiding.closer = read_new_passphrase(*options.passphrase_descriptor);
  if (options.recipients.size() > kMostRecipients)
    throw FileError(options.recipients[kMostRecipients], "is one recipient too many",
                    "at most " + std::to_string(kMostRecipients) + " can be named");
  for (const std::filesystem::path& path : options.recipients)
    hiding.recipients.push_back(read_public_key_file(path));
  hiding.code = networks                      ? ResidualCode::Network
                : options.code == "companded" ? ResidualCode::Companded
                                              : ResidualCode::Exact;
  hiding.networks = networks;
  hiding.residual_levels = options.residual_levels;
  return hiding;
}

std::string who_restores(const HideUnderKey& hiding) {
  std::string who;
  if (const auto* key = std::get_if<SecretKey>(&hiding.closer)) who = key->fingerprint();
  for (const PublicKey& recipient : hiding.recipients) who += " " + recipient.fingerprint();
  return who;
}

void report_codes(FileReport& report, const KeyedPicture& hidden, ResidualCode asked) {
  nlohmann::ordered_json codes = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < hidden.codes.size(); ++i) {
    const std::string face = "face " + std::to_string(i + 1);
    codes.push_back(to_string(hidden.codes[i]));
    if (hidden.codes[i] == asked) continue;
    if (asked == ResidualCode::Network)
      report.note(face + " would not come back better by the networks, it gets the companded code");
    if (asked == ResidualCode::Exact)
      report.note(face + " does not fit bit for bit in " + std::to_string(hidden.record.keyed_regions[i].k) +
                  " residual levels, it will come back nearly so (the companded code)");
  }
  report.fact("codes", codes);
}

}  // namespace bauta
