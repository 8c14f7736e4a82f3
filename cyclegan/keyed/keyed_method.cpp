#include "cyclegan/keyed/keyed_method.h"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string>

#include "cyclegan/baselines/visible_face.h"
#include "cyclegan/keyed/digits.h"
#include "cyclegan/keyed/keyed_anonymizer.h"

namespace bauta {
namespace {

constexpr int kSmallestSide = 16, kSmallestBlock = 2;  // of hide_faces
constexpr int kCompandedResidual = 7;                  // its k, where nobody chooses

struct Hidden {
  Box box;
  Image region;
  int block;
};

Hidden hidden_region(const FacePicture& picture, int blocks) {
  const Box box = visible_face(picture);
  return {box, crop(*picture.picture, box), std::max(kSmallestBlock, mosaic_block(box, blocks))};
}

// The finest lattice in whose cells every block lies. A picture as it was written shows the one that it was
// written on, to whoever looks: the grain fills its cells.
std::optional<Lattice> shown_lattice(const Hidden& hidden) {
  for (int k = kSmallestResidual; k <= kLargestResidual; ++k)
    if (const Lattice lattice(k);
        lies_in_cells(hidden.region, read_cells(hidden.region, hidden.block, lattice), lattice))
      return lattice;
  return {};
}

Image with_region(const FacePicture& picture, const Hidden& hidden) {
  Image image = *picture.picture;
  paste(image, hidden.region, hidden.box.x, hidden.box.y);
  return image;
}

// The code as it is read under any key, whatever the tag says: as levels in their cells.
void decipher_under(Hidden& hidden, const SecretKey& key, const Lattice& lattice) {
  const auto cells = read_cells(hidden.region, hidden.block, lattice);
  std::vector<std::uint8_t>& levels = hidden.region.pixels;
  const std::size_t start = digits_for(PictureCipher::kNonceBytes, lattice.values());
  std::vector<std::uint8_t> nonce_digits(levels.begin(), levels.begin() + static_cast<std::ptrdiff_t>(start));
  for (std::uint8_t& digit : nonce_digits) digit = static_cast<std::uint8_t>(digit % lattice.values());
  const auto nonce = nonce_of(nonce_digits);
  const SecretKey of_region = region_key(key, nonce);
  PictureCipher cipher(of_region, nonce);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const int digit =
        i < start ? lattice.k() : decipher(levels[i], cipher.next_digit(lattice.values()), lattice);
    levels[i] = static_cast<std::uint8_t>(encipher(cells[i], digit, 0, lattice));
  }
}

}  // namespace

KeyedMethod::KeyedMethod(ResidualCode code, int blocks)
    : code_(code), blocks_(blocks), right_(SecretKey::generate()), wrong_(SecretKey::generate()) {
  if (blocks < 1) throw std::invalid_argument("a keyed cover of " + std::to_string(blocks) + " blocks");
}

KeyedMethod::KeyedMethod(CodeNetworks networks, int blocks) : KeyedMethod(ResidualCode::Network, blocks) {
  networks_ = std::move(networks);
}

Image KeyedMethod::hide(const FacePicture& clear) const {
  Image image = *clear.picture;
  const Box face = visible_face(clear);
  if (face.area() == 0) return image;
  if (std::min(face.width, face.height) < kSmallestSide)
    throw std::invalid_argument("keyed De-ID: a face of " + std::to_string(face.width) + " x " +
                                std::to_string(face.height) + " pixels; it takes one of " +
                                std::to_string(kSmallestSide) + " a side or more");
  hide_faces(image, {face}, {.blocks = blocks_, .code = code_, .networks = networks_ ? &*networks_ : nullptr},
             right_);
  return image;
}

Image KeyedMethod::restore(const FacePicture& picture, Key key) const {
  if (visible_face(picture).area() == 0) return *picture.picture;
  if (key == Key::None) return without_key(picture);
  Hidden hidden = hidden_region(picture, blocks_);
  // The record names the lattice; of a picture of the exact code that was changed nothing comes back anyway.
  const auto lattice = networks_                          ? Lattice(networks_->k)
                       : code_ == ResidualCode::Companded ? Lattice(kCompandedResidual)
                                                          : shown_lattice(hidden);
  if (key == Key::Wrong) {
    if (code_ == ResidualCode::Exact || hidden.region.pixels.size() <= head_samples(*lattice))
      return without_key(picture);
    decipher_under(hidden, wrong_, *lattice);
    hidden.region = networks_ ? networks_->read(hidden.region) : expanded(hidden.region, *lattice);
    return with_region(picture, hidden);
  }
  if (!lattice) return *picture.picture;
  const OpenedRegion opened = open_region(hidden.region, hidden.block, *lattice, keys_from(right_), true,
                                          networks_ ? &*networks_ : nullptr);
  if (!opened.original) return *picture.picture;
  hidden.region = *opened.original;
  return with_region(picture, hidden);
}

Image KeyedMethod::without_key(const FacePicture& picture) const {
  Hidden hidden = hidden_region(picture, blocks_);
  const auto lattice = shown_lattice(hidden);
  if (!lattice) return *picture.picture;
  for (std::uint8_t& level : hidden.region.pixels)
    level = static_cast<std::uint8_t>(lattice->centre(lattice->cell_of(level)));
  if (networks_) hidden.region = networks_->read(hidden.region);
  return with_region(picture, hidden);
}

}  // namespace bauta
