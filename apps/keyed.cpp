#include "apps/keyed.h"

#include <algorithm>

#include "apps/passphrase.h"
#include "cyclegan/keyed/region_search.h"
#include "io/file_error.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;

std::string name_of(ResidualCode code) {
  switch (code) {
    case ResidualCode::Exact:
      return "exact";
    case ResidualCode::Companded:
      return "companded";
    case ResidualCode::Network:
      return "network";
  }
  return "?";
}

std::string face_number(std::size_t i) { return "face " + std::to_string(i + 1); }

}  // namespace

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
  if (!options.key_file.empty()) key_ = read_key_file(options.key_file);
  if (options.passphrase) passphrase_ = ask_new_passphrase("Passphrase for the faces");
  if (options.passphrase_descriptor) passphrase_ = read_new_passphrase(*options.passphrase_descriptor);
  if (options.recipients.size() > kMostRecipients)
    throw FileError(options.recipients[kMostRecipients], "is one recipient too many",
                    "at most " + std::to_string(kMostRecipients) + " can be named");
  for (const fs::path& path : options.recipients) recipients_.push_back(read_public_key_file(path));
  options_.cover = cover;
  options_.blocks = blocks;
  options_.code = networks                      ? ResidualCode::Network
                  : options.code == "companded" ? ResidualCode::Companded
                                                : ResidualCode::Exact;
  options_.networks = networks;
  options_.residual_levels = options.residual_levels;
}

AnonymizationRecord KeyedHider::operator()(FileReport& report, Image& photo,
                                           const std::vector<Box>& faces) const {
  AnonymizationRecord record;
  record.mode = AnonymizationMode::Keyed;
  record.picture = {photo.width, photo.height};
  std::vector<HiddenFace> hidden;
  try {
    if (passphrase_)
      hidden = hide_faces(photo, faces, options_, *passphrase_, recipients_);
    else if (key_)
      hidden = hide_faces(photo, faces, options_, *key_, recipients_);
    else
      hidden = hide_faces(photo, faces, options_, SecretKey::generate(), recipients_);
  } catch (const std::invalid_argument& error) {
    throw FileError(report.job().input, error.what(), "use --one-way");
  }
  nlohmann::ordered_json codes = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < hidden.size(); ++i) {
    codes.push_back(name_of(hidden[i].code));
    record.keyed_regions.push_back(hidden[i].region);
    if (options_.code == ResidualCode::Network && hidden[i].code != ResidualCode::Network)
      report.note(face_number(i) + " would not come back better by the networks, it gets the companded code");
    if (options_.code == ResidualCode::Exact && hidden[i].code != ResidualCode::Exact)
      report.note(face_number(i) + " does not fit bit for bit in " + std::to_string(hidden[i].region.k) +
                  " residual levels, it will come back nearly so (the companded code)");
  }
  report.fact("codes", codes);
  return record;
}

KeyedRestorer::KeyedRestorer(Opener key, bool force_damaged, CommonOptions common, std::string model)
    : key_(std::move(key)),
      force_damaged_(force_damaged),
      common_(std::move(common)),
      model_(std::move(model)) {}

const CodeNetworks& KeyedRestorer::networks() const {
  std::call_once(asked_, [this] { networks_.emplace(common_, model_, KeyedNetworks::For::Restoring); });
  return networks_->code();
}

OpenedRegion KeyedRestorer::open(Image& photo, const KeyedRegion& region, const RegionKeys& keys) const {
  OpenedRegion opened = restore_region(photo, region, keys, force_damaged_);
  const bool by_networks =
      opened.code == ResidualCode::Network || (opened.state == RegionState::Unreadable && !model_.empty());
  if (opened.original || !by_networks) return opened;
  if (opened.state != RegionState::Intact && !force_damaged_) return opened;
  return restore_region(photo, region, keys, force_damaged_, &networks());
}

std::vector<KeyedRegion> KeyedRestorer::regions_of(const fs::path& path, const Image& photo) const {
  if (const auto record = find_record(path, {photo.width, photo.height})) {
    if (record->mode != AnonymizationMode::Keyed)
      throw FileError(path, "was de-identified without a key (" + to_string(record->mode) + ")",
                      "leave the key out");
    if (record->keyed_regions.empty()) throw FileError(path, "has no regions to restore", "leave it out");
    return record->keyed_regions;
  }
  if (std::holds_alternative<PrivateKey>(key_)) {
    throw FileError(path, "has lost its regions, and with them what was wrapped for recipients",
                    "take the picture as bauta deid wrote it");
  }
  const auto* key = std::get_if<SecretKey>(&key_);
  auto found = key ? find_keyed_regions(photo, *key) : find_keyed_regions(photo, std::get<Passphrase>(key_));
  if (found.empty()) {
    throw FileError(path, "has no regions to restore, and none can be found in its pixels under this key",
                    "pass a picture as bauta deid wrote it, and its key or passphrase");
  }
  return found;
}

std::size_t KeyedRestorer::operator()(FileReport& report, Image& photo) const {
  const fs::path& path = report.job().input;
  const std::vector<KeyedRegion> regions = regions_of(path, photo);
  Image restored = photo;
  RegionKeys keys;  // of the whole picture, but a recipient's
  if (const auto* key = std::get_if<SecretKey>(&key_)) keys = keys_from(*key);
  if (const auto* passphrase = std::get_if<Passphrase>(&key_)) keys = keys_from(*passphrase);
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (const auto* recipient = std::get_if<PrivateKey>(&key_)) keys = keys_from(*recipient, regions[i]);
    const OpenedRegion opened = open(restored, regions[i], keys);
    if (opened.state == RegionState::Intact && !opened.original)
      throw FileError(path, face_number(i) + " was written by other networks (--code network)",
                      "name the model that it was made with by --model");
    if (opened.state == RegionState::Intact) {
      if (opened.code != ResidualCode::Exact)
        report.note(face_number(i) + " comes back nearly as it was (the " + name_of(opened.code) + " code)");
      continue;
    }
    if (opened.original) {
      report.note(face_number(i) +
                  " was changed after it was de-identified; what it still tells is restored");
      continue;
    }
    if (opened.state == RegionState::Unreadable)
      throw FileError(path, face_number(i) + " was hidden under another key, or has been changed since",
                      "pass its key or passphrase, and the picture as bauta deid wrote it");
    throw FileError(path, face_number(i) + " has been changed since it was de-identified",
                    opened.code != ResidualCode::Exact && !force_damaged_
                        ? "take the picture as bauta deid wrote it, or pass --force-damaged"
                        : "take the picture as bauta deid wrote it");
  }
  photo = std::move(restored);
  return regions.size();
}

}  // namespace bauta
