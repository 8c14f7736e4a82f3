// A handle's key, for what uses it.
#pragma once

#include <vector>

#include "apps/capi/handles.h"

namespace bauta::capi {

// What opens. Refuses (guard.h) null and a public key.
Opener opener_of(const bauta_key* key);

// What closes a keyed picture. Refuses null where there are no recipients, a recipient's keys, and a
// passphrase that is too short.
Closer closer_of(const bauta_key* key, bool recipients);

// Refuses what is no public key, and too many.
std::vector<PublicKey> recipients_of(const bauta_key* const* keys, std::size_t count);

}  // namespace bauta::capi
