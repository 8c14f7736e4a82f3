#include "apps/keyed.h"

#include "apps/passphrase.h"
#include "io/file_error.h"

namespace bauta {

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

KeyedHider::KeyedHider(const HidingOptions& options, Cover cover, int blocks, const CodeNetworks* networks) {
  if (networks && options.residual_levels != 0 && options.residual_levels != networks->k)
    throw std::runtime_error("--residual-levels: the networks were taught with " +
                             std::to_string(networks->k) + "; leave the option out");
  if (!options.key_file.empty()) closer_ = read_key_file(options.key_file);
  if (options.passphrase) closer_ = ask_new_passphrase("Passphrase for the faces");
  if (options.passphrase_descriptor) closer_ = read_new_passphrase(*options.passphrase_descriptor);
  if (options.recipients.size() > kMostRecipients)
    throw FileError(options.recipients[kMostRecipients], "is one recipient too many",
                    "at most " + std::to_string(kMostRecipients) + " can be named");
  for (const std::filesystem::path& path : options.recipients)
    recipients_.push_back(read_public_key_file(path));
  if (const auto* key = std::get_if<SecretKey>(&closer_)) who_ = key->fingerprint();
  for (const PublicKey& recipient : recipients_) who_ += " " + recipient.fingerprint();
  options_.cover = cover;
  options_.blocks = blocks;
  options_.code = networks                      ? ResidualCode::Network
                  : options.code == "companded" ? ResidualCode::Companded
                                                : ResidualCode::Exact;
  options_.networks = networks;
  options_.residual_levels = options.residual_levels;
}

KeyedPicture KeyedHider::operator()(const std::filesystem::path& input, Image& photo,
                                    const std::vector<Box>& faces, int blocks) const {
  KeyedOptions options = options_;
  if (blocks > 0) options.blocks = blocks;
  try {
    return hide_keyed(photo, faces, options, closer_, recipients_);
  } catch (const std::invalid_argument& error) {
    throw FileError(input, error.what(), "use --one-way");
  }
}

void KeyedHider::report_codes(FileReport& report, const KeyedPicture& hidden) const {
  nlohmann::ordered_json codes = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < hidden.codes.size(); ++i) {
    const std::string face = "face " + std::to_string(i + 1);
    codes.push_back(to_string(hidden.codes[i]));
    if (hidden.codes[i] == options_.code) continue;
    if (options_.code == ResidualCode::Network)
      report.note(face + " would not come back better by the networks, it gets the companded code");
    if (options_.code == ResidualCode::Exact)
      report.note(face + " does not fit bit for bit in " + std::to_string(hidden.record.keyed_regions[i].k) +
                  " residual levels, it will come back nearly so (the companded code)");
  }
  report.fact("codes", codes);
}

}  // namespace bauta
