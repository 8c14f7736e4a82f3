// A picture under a passphrase. Argon2id makes its key, of the passphrase and a salt of the picture's own,
// which stands in the clear in every region (region_codec.h): the pixels alone are enough to restore it. What
// it costs is the usual cost, always, since a picture that could ask for more could take a machine down.
#pragma once

#include <cstdint>
#include <vector>

#include "cyclegan/keyed/lattice.h"
#include "cyclegan/keyed/region_codec.h"
#include "io/opener.h"

namespace bauta {

struct PictureKey {
  SecretKey key;
  std::vector<std::uint8_t> salt_digits;
};

// With a new salt. One at a time in a program, whatever its threads: each takes 256 MiB. Throws
// std::runtime_error if there is no memory for it.
PictureKey new_picture_key(const Passphrase& passphrase, const Lattice& lattice);

// Salts of one picture for which the passphrase's key is worked out: a picture as written has one.
inline constexpr int kMostSaltsToTry = 8;

// The keys of one picture's regions; remembers the salts it has seen, and gives nothing for any after
// kMostSaltsToTry. Throws as new_picture_key. The passphrase must outlive it.
RegionKeys keys_from(const Passphrase& passphrase);

}  // namespace bauta
