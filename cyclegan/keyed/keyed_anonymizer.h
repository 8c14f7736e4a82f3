// Keyed De-ID and Re-ID of photographs: what restoring needs is enciphered into the faces' own pixels, and
// what stays visible is a mosaic as coarse as one likes.
//
// Whoever has not the key sees of a face its blocks' cells on the lattice and nothing else: the residual is
// uniform whatever the face was, as long as XChaCha20's keystream cannot be told from random digits. That
// does not depend on what a network could learn.
#pragma once

#include <array>
#include <stdexcept>
#include <vector>

#include "cyclegan/anonymizer/cover.h"
#include "cyclegan/anonymizer/face_progress.h"
#include "cyclegan/keyed/picture_key.h"
#include "cyclegan/keyed/region_codec.h"
#include "io/box.h"
#include "io/image.h"
#include "io/recipients.h"

namespace bauta {

struct KeyedRegion {
  Box box;                               // in the picture
  int block = 1;                         // side of the visible blocks, pixels
  int k = 7;                             // of the lattice
  std::vector<WrappedKey> wrapped_keys;  // the region's key, one for each recipient

  bool operator==(const KeyedRegion&) const = default;
};

// k where nobody asks for one: the first that holds all the picture's faces.
inline constexpr std::array kUsualResiduals{7, 10, 15, 21, 31};

struct KeyedOptions {
  Cover cover = Cover::Blocks;
  int blocks = kUsualCoverBlocks;  // of that cover
  // Exact: bit for bit where it fits, else companded. Network: where the networks bring a face back better
  // than companding alone, else companded.
  ResidualCode code = ResidualCode::Exact;
  // k; 0: for the exact code one of kUsualResiduals, for the companded code the first of them, for the
  // network code the networks'.
  int residual_levels = 0;
  const CodeNetworks* networks = nullptr;  // of the network code
  FaceProgress progress = {};
  // Of the photograph's size: what the visible blocks' colours are taken from instead of the photograph.
  // Null: from itself. Not with the fill cover.
  const Image* shown = nullptr;
};

struct HiddenFace {
  KeyedRegion region;
  ResidualCode code;
};

// Replaces the faces, and only them. Boxes that overlap become the box around both; a box smaller than 16
// pixels a side grows to that, as far as the photograph reaches. Each region gets a key of its own, derived
// from `key`, which is wrapped for `recipients`. Before it returns, everything has been read back from the
// pixels and compared. Throws std::invalid_argument if the photograph has no room even for the companded
// code, or if the networks are of another k; the photograph is then as it was.
std::vector<HiddenFace> hide_faces(Image& photo, const std::vector<Box>& faces, const KeyedOptions& options,
                                   const SecretKey& key, const std::vector<PublicKey>& recipients = {});
// The same under a passphrase (picture_key.h). Throws std::runtime_error if there is no memory to try it.
std::vector<HiddenFace> hide_faces(Image& photo, const std::vector<Box>& faces, const KeyedOptions& options,
                                   const Passphrase& passphrase,
                                   const std::vector<PublicKey>& recipients = {});

// The keys of regions for who made the picture (`key` as given to hide_faces), and for a recipient.
RegionKeys keys_from(const SecretKey& key);
RegionKeys keys_from(const PrivateKey& recipient, const KeyedRegion& region);

// The region of the photograph opened and, where that gives the original, put back.
OpenedRegion restore_region(Image& photo, const KeyedRegion& region, const RegionKeys& keys,
                            bool force_damaged = false, const CodeNetworks* networks = nullptr);

}  // namespace bauta
