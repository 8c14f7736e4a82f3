// One region of a keyed picture: written, and read again. Its 3 w h samples, in Image's order, each hold a
// digit r of base Q = 2k + 1 as their residual on the lattice (lattice.h):
//
//   nonce    ceil(192 / log2 Q) digits, drawn uniformly; the nonce is their hash. Under a passphrase the
//   first
//            ceil(128 / log2 Q) of them are the same in all regions of a picture: the salt is their hash
//   tag      16 bytes: Poly1305 over k, width, height and all samples, the tag's own with residual 0
//   head     code, width, height, block; of the exact code the body's bytes, of the network code which
//   networks body     exact: the region as WebP, then zeros; else the code of each sample plus k, by
//   companding.h or by a
//            network
//
// All but the nonce is enciphered: level = Q cell + (digit + s) mod Q, with s from the keystream
// (io/picture_cipher.h), uniform in [0, Q) and drawn for every sample from the tag on. So every residual is
// uniform and independent of the picture for whoever has not the key, and so is the length of the body.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "cyclegan/keyed/lattice.h"
#include "io/image.h"
#include "io/picture_cipher.h"
#include "io/recipients.h"

namespace bauta {

enum class ResidualCode : std::uint8_t {
  Exact = 'E',      // the region comes back bit for bit
  Companded = 'C',  // nearly so, and also from a slightly altered picture
  Network = 'N',    // likewise, and more nearly: for whoever also has the Re-ID network
};

// The pair that writes and reads the network code (networks/keyed_generator.h). For several threads.
struct CodeNetworks {
  int k = 0;                   // that they were taught
  std::uint32_t identity = 0;  // tells one pair from another
  // From a region, with the side of its blocks, to levels in its blocks' cells; and from such to a region.
  std::function<Image(const Image& region, int block)> write;
  std::function<Image(const Image& levels)> read;
};

// The cipher layer: a digit of [0, Q) under s of [0, Q) on its cell, as a level; and the digit back.
int encipher(int cell, int digit, int s, const Lattice& lattice);
int decipher(int level, int s, const Lattice& lattice);

// Without a cipher: a region's companded code as levels in its cells, one for each sample, and what such
// levels bring back.
Image companded_levels(const Image& region, const std::vector<std::uint8_t>& cells, const Lattice& lattice);
Image expanded(const Image& levels, const Lattice& lattice);

// Samples that nonce, tag and head take: a region must have more.
std::size_t head_samples(const Lattice& lattice);
// Whether a region of this size holds a body of so many bytes.
bool holds(ImageSize region, std::size_t body_bytes, const Lattice& lattice);

// A region's own key, of a picture's or a user's key and the region's nonce.
SecretKey region_key(const SecretKey& key, const PictureCipher::Nonce& nonce);
// What stands in the clear of a region.
struct RegionNonce {
  PictureCipher::Nonce nonce;
  PassphraseSalt salt;  // counts under a passphrase alone
};
// The region's key for whoever may have it, given the nonce; nothing if this is not for them.
using RegionKeys = std::function<std::optional<SecretKey>(const RegionNonce&)>;

// The digits of a new salt.
std::vector<std::uint8_t> draw_salt_digits(const Lattice& lattice);

struct HiddenRegion {
  Image pixels;
  SecretKey key;  // the region's own, to be wrapped for recipients
};

// What is written of a region.
struct CompandedBody {};
struct ExactBody {
  std::string webp;
};
struct NetworkBody {
  Image levels;  // in the region's cells
  std::uint32_t networks = 0;
};
using RegionBody = std::variant<CompandedBody, ExactBody, NetworkBody>;
ResidualCode code_of(const RegionBody& body);

// Hides `region` under `cells` (one for each sample). `salt_digits`: of draw_salt_digits, where `key` comes
// from a passphrase. Throws std::invalid_argument if it has not the room, or for levels outside the cells.
HiddenRegion hide_region(const Image& region, const std::vector<std::uint8_t>& cells, int block,
                         const Lattice& lattice, const RegionBody& body, const SecretKey& key,
                         std::span<const std::uint8_t> salt_digits = {});

enum class RegionState {
  Intact,      // what was written, under this key
  Changed,     // under this key, but something in it is not as it was written
  Unreadable,  // under another key, or changed where the nonce or the head lies
};

struct OpenedRegion {
  RegionState state = RegionState::Unreadable;
  ResidualCode code = ResidualCode::Exact;
  // Intact regions', but of the network code only for its own networks; with force_damaged also what a
  // changed one still tells that is not exact.
  std::optional<Image> original;
};

// `block` counts only where the picture was changed: the side of its blocks as they were written. networks:
// may be null.
OpenedRegion open_region(const Image& region, int block, const Lattice& lattice, const RegionKeys& keys,
                         bool force_damaged = false, const CodeNetworks* networks = nullptr);

struct RegionHead {
  ResidualCode code = ResidualCode::Exact;
  int width = 0, height = 0, block = 0;
  std::uint32_t body_bytes = 0;  // of the network code, CodeNetworks::identity instead
};

// The head that the first samples of a region tell, whose size need not be known; nothing if there is none
// under these keys. Not authenticated: open_region is.
std::optional<RegionHead> read_head(const std::vector<std::uint8_t>& first_levels, const Lattice& lattice,
                                    const RegionKeys& keys);

}  // namespace bauta
