#include "cyclegan/keyed/picture_key.h"

#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>

namespace bauta {
namespace {

SecretKey key_of(const Passphrase& passphrase, const PassphraseSalt& salt) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  try {
    return SecretKey::from_passphrase(passphrase.text, salt, kUsualPassphraseCost);
  } catch (const std::bad_alloc&) {
    throw std::runtime_error("its passphrase takes " + std::to_string(kUsualPassphraseCost.mebibytes) +
                             " MiB to try, more memory than is free");
  }
}

}  // namespace

PictureKey new_picture_key(const Passphrase& passphrase, const Lattice& lattice) {
  std::vector<std::uint8_t> digits = draw_salt_digits(lattice);
  return {key_of(passphrase, salt_of(digits)), std::move(digits)};
}

RegionKeys keys_from(const Passphrase& passphrase) {
  return [&passphrase, keys = std::make_shared<std::map<PassphraseSalt, SecretKey>>()](
             const RegionNonce& nonce) -> std::optional<SecretKey> {
    auto found = keys->find(nonce.salt);
    if (found == keys->end()) {
      if (keys->size() >= kMostSaltsToTry) return {};
      found = keys->emplace(nonce.salt, key_of(passphrase, nonce.salt)).first;
    }
    return region_key(found->second, nonce.nonce);
  };
}

}  // namespace bauta
