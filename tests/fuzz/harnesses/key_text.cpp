// Keys as text.
#include "io/key_text.h"

#include "io/recipients.h"
#include "io/secret_key.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  try {
    const KeyText key = parse_key_text(fuzz::text_of(data, size));
    fuzz::require(key.bytes.size() == 32, "a key has 32 bytes");
    const KeyText again = parse_key_text(key_text(key.kind, key.bytes.bytes()).text());
    fuzz::require(again.kind == key.kind && again.bytes == key.bytes, "a key comes back as it was");
    if (key.kind == kPrivateKeyKind) PrivateKey::from_bytes(key.bytes.bytes());
    if (key.kind == kPublicKeyKind) PublicKey::from_bytes(key.bytes.bytes());
  } catch (const std::invalid_argument& error) {
    fuzz::require_message(error);
  }
  return 0;
}
