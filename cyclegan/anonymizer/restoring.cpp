#include "cyclegan/anonymizer/restoring.h"

#include <algorithm>
#include <utility>

#include "cyclegan/anonymizer/anonymizer.h"
#include "cyclegan/keyed/region_search.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;

std::string face_number(std::size_t i) { return "face " + std::to_string(i + 1); }

const AnonymizationRecord& restorable(const fs::path& path, const std::optional<AnonymizationRecord>& record,
                                      const GeneratorFacts& network) {
  if (!record) {
    throw NotRestorable(path, "has no regions to restore",
                        "pass a picture as bauta deid wrote it, not converted or saved again, or with its "
                        ".json beside it");
  }
  if (record->mode == AnonymizationMode::OneWay)
    throw NotRestorable(path, "was de-identified one-way", "nothing can restore it; use the original");
  if (record->mode == AnonymizationMode::Keyed)
    throw NotRestorable(path, "was de-identified under a key",
                        "pass its key (--key-file, --passphrase), and as --model no other than the pair of "
                        "--code network that it was made by");
  if (network.size > 0 && network.size != record->network_size) {
    throw NotRestorable(path,
                        "was de-identified by a network of size " + std::to_string(record->network_size) +
                            ", this Re-ID network is for " + std::to_string(network.size),
                        "name the model that it was made with");
  }
  if (std::ranges::none_of(record->regions, &Region::restorable))
    throw NotRestorable(path, "has only plain mosaics, which hold nothing to restore", "use the original");
  return *record;
}

std::vector<KeyedRegion> keyed_regions(const fs::path& path, const Image& photo,
                                       const std::optional<AnonymizationRecord>& record, const Opener& key) {
  if (record) {
    if (record->mode != AnonymizationMode::Keyed)
      throw NotRestorable(path, "was de-identified without a key (" + to_string(record->mode) + ")",
                          "leave the key out");
    if (record->keyed_regions.empty()) throw NotRestorable(path, "has no regions to restore", "leave it out");
    return record->keyed_regions;
  }
  if (std::holds_alternative<PrivateKey>(key)) {
    throw NotRestorable(path, "has lost its regions, and with them what was wrapped for recipients",
                        "take the picture as bauta deid wrote it");
  }
  const auto* secret = std::get_if<SecretKey>(&key);
  FoundRegions regions =
      secret ? search_keyed_regions(photo, *secret) : search_keyed_regions(photo, std::get<Passphrase>(key));
  std::vector<KeyedRegion> found = std::move(regions.whole);
  found.insert(found.end(), regions.damaged.begin(), regions.damaged.end());
  if (found.empty()) {
    throw CannotOpen(path, "has no regions to restore, and none can be found in its pixels under this key",
                     "pass a picture as bauta deid wrote it, and its key or passphrase");
  }
  std::ranges::sort(found, {},
                    [](const KeyedRegion& region) { return std::pair(region.box.y, region.box.x); });
  return found;
}

// The parts of a photograph that are worked on as they were, put back unless all goes well.
class KeptRegions {
 public:
  explicit KeptRegions(Image& photo) : photo_(photo) {}
  ~KeptRegions() {
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part)
      paste(photo_, part->second, part->first.x, part->first.y);
  }
  KeptRegions(const KeptRegions&) = delete;
  KeptRegions& operator=(const KeptRegions&) = delete;

  void keep(const Box& box) { parts_.emplace_back(box, crop(photo_, box)); }
  void forget() { parts_.clear(); }

 private:
  Image& photo_;
  std::vector<std::pair<Box, Image>> parts_;
};

OpenedRegion open(Image& photo, const KeyedRegion& region, const RegionKeys& keys, bool force_damaged,
                  const NetworksOfCode& networks) {
  OpenedRegion opened = restore_region(photo, region, keys, force_damaged);
  const bool by_networks =
      opened.code == ResidualCode::Network || (opened.state == RegionState::Unreadable && networks.named);
  if (opened.original || !by_networks || !networks.load) return opened;
  if (opened.state != RegionState::Intact && !force_damaged) return opened;
  return restore_region(photo, region, keys, force_damaged, &networks.load());
}

// What the user can do about a face of which nothing came back.
std::string advice(const OpenedRegion& opened, bool force_damaged) {
  const std::string original = "take the picture as bauta deid wrote it";
  if (opened.state == RegionState::Unreadable)
    return "pass its key or passphrase, and the picture as bauta deid wrote it";
  if (opened.code == ResidualCode::Exact)
    return original + ": the exact code cannot restore a changed face, only companded and network can" +
           (force_damaged ? "" : "; --force-damaged restores the picture's other faces");
  return force_damaged ? original : original + ", or pass --force-damaged";
}

std::string why_closed(std::size_t face, const OpenedRegion& opened) {
  return face_number(face) + (opened.state == RegionState::Unreadable
                                  ? " was hidden under another key, or has been changed since"
                                  : " has been changed since it was de-identified");
}

// Throws NotRestorable where only other networks could.
Restored outcome(const fs::path& path, std::size_t face, const OpenedRegion& opened) {
  if (opened.state == RegionState::Intact && !opened.original)
    throw NotRestorable(path, face_number(face) + " was written by other networks (--code network)",
                        "name the model that it was made with by --model");
  if (!opened.original) return Restored::Not;
  if (opened.state != RegionState::Intact) return Restored::Damaged;
  return opened.code == ResidualCode::Exact ? Restored::Exact : Restored::Nearly;
}

}  // namespace

std::vector<RestoredFace> restore_open(const fs::path& path, Image& photo,
                                       const std::optional<AnonymizationRecord>& record,
                                       const OpenedNetwork& F, const FaceProgress& progress) {
  const AnonymizationRecord& known = restorable(path, record, F.network.facts);
  require_memory(*F.engine, path, F.network.facts.config, known.network_size, known.network_size);
  const auto faces = static_cast<std::size_t>(std::ranges::count_if(known.regions, &Region::restorable));
  std::size_t done = 0;
  if (progress) progress(done, faces);
  const FaceNetwork counted = [&](const Image& picture, const MosaicBox& face) {
    Image made = F.translate(picture, face);
    if (progress) progress(++done, faces);
    return made;
  };
  reidentify(photo, known.regions, counted);
  std::vector<RestoredFace> restored;
  for (std::size_t i = 0; i < known.regions.size(); ++i) {
    const Region& region = known.regions[i];
    RestoredFace face{region.face, region.block, region.k, Restored::Nearly};
    if (!region.restorable) {
      face.how = Restored::Not;
      face.why_not = face_number(i) +
                     " is a plain mosaic, which holds nothing to restore, and stays one; use the original";
    }
    restored.push_back(std::move(face));
  }
  return restored;
}

std::vector<RestoredFace> restore_keyed(const fs::path& path, Image& photo,
                                        const std::optional<AnonymizationRecord>& record, const Opener& key,
                                        bool force_damaged, const NetworksOfCode& networks,
                                        const FaceProgress& progress) {
  const std::vector<KeyedRegion> regions = keyed_regions(path, photo, record, key);
  KeptRegions kept(photo);
  RegionKeys keys;  // of the whole picture, but a recipient's
  if (const auto* secret = std::get_if<SecretKey>(&key)) keys = keys_from(*secret);
  if (const auto* passphrase = std::get_if<Passphrase>(&key)) keys = keys_from(*passphrase);
  std::vector<RestoredFace> restored;
  std::optional<CannotOpen> first_closed;
  if (progress) progress(0, regions.size());
  for (std::size_t i = 0; i < regions.size(); ++i) {
    if (const auto* recipient = std::get_if<PrivateKey>(&key)) keys = keys_from(*recipient, regions[i]);
    kept.keep(regions[i].box);
    const OpenedRegion opened = open(photo, regions[i], keys, force_damaged, networks);
    RestoredFace face{regions[i].box, regions[i].block, regions[i].k, outcome(path, i, opened), opened.code};
    if (face.how == Restored::Not) {
      const std::string why = why_closed(i, opened), what_to_do = advice(opened, force_damaged);
      face.why_not = why + "; " + what_to_do;
      if (record && !force_damaged) throw CannotOpen(path, why, what_to_do);
      if (!first_closed) first_closed.emplace(path, why, what_to_do);
    }
    restored.push_back(std::move(face));
    if (progress) progress(i + 1, regions.size());
  }
  if (first_closed &&
      std::ranges::all_of(restored, [](const RestoredFace& face) { return face.how == Restored::Not; }))
    throw *first_closed;
  kept.forget();
  return restored;
}

}  // namespace bauta
