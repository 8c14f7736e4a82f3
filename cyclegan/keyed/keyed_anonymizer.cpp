#include "cyclegan/keyed/keyed_anonymizer.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "io/webp_codec.h"

namespace bauta {
namespace {

constexpr int kSmallestSide = 16;  // pixels of a region, so that there is room for nonce, tag and head
constexpr int kSmallestBlock = 2;
// A place no longer than this that has no room for itself, as it is all detail, may take in what is around
// it.
constexpr int kTinySide = 64, kMostGrowths = 3;

struct Place {
  Box box;
  int block;
};

Box union_of(const Box& a, const Box& b) {
  const int x = std::min(a.x, b.x), y = std::min(a.y, b.y);
  return {x, y, std::max(a.x + a.width, b.x + b.width) - x, std::max(a.y + a.height, b.y + b.height) - y};
}

// At least kSmallestSide long, about the same centre, inside the photograph.
void grow(int& start, int& side, int photo_side) {
  const int longer = std::min(std::max(side, kSmallestSide), photo_side);
  start = std::clamp(start - (longer - side) / 2, 0, photo_side - longer);
  side = longer;
}

// The faces' places, none of which overlaps another. The blocks of a joined place are its largest face's.
std::vector<Place> places_of(const Image& photo, const std::vector<Box>& faces, int blocks) {
  std::vector<Place> places;
  for (const Box& face : faces) {
    const Box visible = intersection(face, {0, 0, photo.width, photo.height});
    if (visible.area() == 0) continue;
    Place place{visible, std::max(kSmallestBlock, mosaic_block(visible, blocks))};
    grow(place.box.x, place.box.width, photo.width);
    grow(place.box.y, place.box.height, photo.height);
    // A place that has swallowed another may reach a third.
    for (auto other = places.begin(); other != places.end();) {
      if (intersection(place.box, other->box).area() == 0) {
        ++other;
        continue;
      }
      place = {union_of(place.box, other->box), std::max(place.block, other->block)};
      places.erase(other);
      other = places.begin();
    }
    places.push_back(place);
  }
  return places;
}

std::optional<std::string> body_of(const Image& region) {
  if (std::max(region.width, region.height) > kLargestWebpSide) return {};
  return encode_webp_lossless(region);
}

bool all_hold(const std::vector<Image>& regions, const std::vector<std::optional<std::string>>& bodies,
              const Lattice& lattice) {
  for (std::size_t i = 0; i < regions.size(); ++i)
    if (!bodies[i] || !holds({regions[i].width, regions[i].height}, bodies[i]->size(), lattice)) return false;
  return true;
}

// What of the photograph is hidden, place by place; and, of the exact code, as files.
struct CutOut {
  std::vector<Place> places;
  std::vector<Image> regions;
  std::vector<std::optional<std::string>> bodies;

  // earlier: of the same photograph; what was encoded there is not encoded again.
  CutOut(const Image& photo, const std::vector<Box>& faces, const KeyedOptions& options,
         const CutOut& earlier)
      : places(places_of(photo, faces, options.blocks)) {
    for (const Place& place : places) {
      const auto same = std::ranges::find(earlier.places, place.box, &Place::box);
      regions.push_back(crop(photo, place.box));
      if (same != earlier.places.end())
        bodies.push_back(earlier.bodies[static_cast<std::size_t>(same - earlier.places.begin())]);
      else
        bodies.push_back(options.code == ResidualCode::Exact ? body_of(regions.back()) : std::nullopt);
    }
  }
  CutOut() = default;
};

CutOut cut_out(const Image& photo, std::vector<Box> faces, const KeyedOptions& options) {
  const Lattice roomiest(options.residual_levels != 0 ? options.residual_levels : kUsualResiduals.back());
  CutOut cut;
  for (int growth = 0;; ++growth) {
    cut = CutOut(photo, faces, options, cut);
    if (growth == kMostGrowths) return cut;
    const std::size_t before = faces.size();
    for (std::size_t i = 0; i < cut.places.size(); ++i) {
      const Box& box = cut.places[i].box;
      if (cut.bodies[i] && std::max(box.width, box.height) <= kTinySide &&
          !holds({box.width, box.height}, cut.bodies[i]->size(), roomiest))
        faces.push_back(
            {box.x - box.width / 4, box.y - box.height / 4, box.width * 3 / 2, box.height * 3 / 2});
    }
    if (faces.size() == before) return cut;
  }
}

int residual_for(const std::vector<Image>& regions, const std::vector<std::optional<std::string>>& bodies,
                 const KeyedOptions& options) {
  if (options.code == ResidualCode::Network) {
    const int k = options.networks ? options.networks->k : 0;
    if (k == 0 || (options.residual_levels != 0 && options.residual_levels != k))
      throw std::invalid_argument("the networks of the code were taught with " + std::to_string(k) +
                                  " residual levels");
    return k;
  }
  if (options.residual_levels != 0) return options.residual_levels;
  if (options.code != ResidualCode::Exact) return kUsualResiduals.front();
  for (const int k : kUsualResiduals)
    if (all_hold(regions, bodies, Lattice(k))) return k;
  return kUsualResiduals.back();
}

double squared_error(const Image& a, const Image& b) {
  return std::transform_reduce(a.pixels.begin(), a.pixels.end(), b.pixels.begin(), 0.0, std::plus<>(),
                               [](int x, int y) { return static_cast<double>((x - y) * (x - y)); });
}

// What the networks write, where it is worth more than companding.
RegionBody written_by(const CodeNetworks& networks, const Image& region,
                      const std::vector<std::uint8_t>& cells, int block, const Lattice& lattice) {
  const Image companded = companded_levels(region, cells, lattice);
  NetworkBody body{networks.write(region, block), networks.identity};
  // A block's mean may be rounded otherwise there, into another cell.
  for (std::size_t i = 0; i < cells.size(); ++i)
    if (lattice.cell_of(body.levels.pixels[i]) != cells[i]) body.levels.pixels[i] = companded.pixels[i];
  if (squared_error(networks.read(body.levels), region) >=
      squared_error(expanded(companded, lattice), region))
    return CompandedBody();
  return body;
}

// Which salt a passphrase's key has depends on the lattice, and that on what the faces need.
using NewKey = std::function<PictureKey(const Lattice&)>;

std::vector<HiddenFace> hide_under(Image& photo, const std::vector<Box>& faces, const KeyedOptions& options,
                                   const NewKey& new_key, const std::vector<PublicKey>& recipients) {
  auto [places, regions, bodies] = cut_out(photo, faces, options);
  const Lattice lattice(residual_for(regions, bodies, options));
  const auto [key, salt_digits] = new_key(lattice);

  const bool fill = options.cover == Cover::Fill;
  std::vector<HiddenFace> hidden_faces;
  std::vector<Image> written_regions;  // none overlaps another: they are put into the photograph at the end
  if (options.progress) options.progress(0, places.size());
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Image& region = regions[i];
    const int block = fill ? std::max(region.width, region.height) : places[i].block;
    const ImageSize size{region.width, region.height};
    if (bodies[i] && !holds(size, bodies[i]->size(), lattice)) bodies[i].reset();
    if (!holds(size, 1, lattice))
      throw std::invalid_argument("a picture of so few pixels has no room for what restoring needs");
    const Image& visible = options.shown ? crop(*options.shown, places[i].box) : region;
    const auto cells = fill ? fill_cells(region, lattice) : block_cells(visible, block, lattice);
    RegionBody body = CompandedBody();
    if (bodies[i]) body = ExactBody{*std::move(bodies[i])};
    if (options.code == ResidualCode::Network)
      body = written_by(*options.networks, region, cells, block, lattice);
    HiddenRegion hidden = hide_region(region, cells, block, lattice, body, key, salt_digits);
    HiddenFace face{{places[i].box, block, lattice.k(), {}}, code_of(body)};
    for (const PublicKey& recipient : recipients)
      face.region.wrapped_keys.push_back(wrap_key(hidden.key, recipient));

    const Image& written = written_regions.emplace_back(std::move(hidden.pixels));
    const OpenedRegion opened = open_region(written, block, lattice, keys_from(key));
    if (!lies_in_cells(written, cells, lattice) || opened.state != RegionState::Intact ||
        opened.code != face.code || (face.code == ResidualCode::Exact && opened.original != region))
      throw std::logic_error("a face was not hidden, or would not come back; nothing is written");
    hidden_faces.push_back(std::move(face));
    if (options.progress) options.progress(i + 1, places.size());
  }
  for (std::size_t i = 0; i < places.size(); ++i)
    paste(photo, written_regions[i], places[i].box.x, places[i].box.y);
  return hidden_faces;
}

}  // namespace

std::vector<HiddenFace> hide_faces(Image& photo, const std::vector<Box>& faces, const KeyedOptions& options,
                                   const SecretKey& key, const std::vector<PublicKey>& recipients) {
  const NewKey same_key = [&key](const Lattice&) {
    return PictureKey{SecretKey::from_bytes(key.bytes()), {}};
  };
  return hide_under(photo, faces, options, same_key, recipients);
}

std::vector<HiddenFace> hide_faces(Image& photo, const std::vector<Box>& faces, const KeyedOptions& options,
                                   const Passphrase& passphrase, const std::vector<PublicKey>& recipients) {
  const NewKey new_key = [&](const Lattice& lattice) { return new_picture_key(passphrase, lattice); };
  return hide_under(photo, faces, options, new_key, recipients);
}

RegionKeys keys_from(const SecretKey& key) {
  return [&key](const RegionNonce& nonce) { return std::optional(region_key(key, nonce.nonce)); };
}

RegionKeys keys_from(const PrivateKey& recipient, const KeyedRegion& region) {
  return [&recipient, &region](const RegionNonce&) -> std::optional<SecretKey> {
    for (const WrappedKey& wrapped : region.wrapped_keys)
      if (auto key = unwrap_key(wrapped, recipient)) return key;
    return {};
  };
}

OpenedRegion restore_region(Image& photo, const KeyedRegion& region, const RegionKeys& keys,
                            bool force_damaged, const CodeNetworks* networks) {
  OpenedRegion opened =
      open_region(crop(photo, region.box), region.block, Lattice(region.k), keys, force_damaged, networks);
  if (opened.original) paste(photo, *opened.original, region.box.x, region.box.y);
  return opened;
}

}  // namespace bauta
