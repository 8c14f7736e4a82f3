#include "io/opener.h"

#include "io/file_error.h"
#include "io/key_text.h"

namespace bauta {

Opener read_opener_file(const std::filesystem::path& path) {
  const KeyText key = read_key_text_file(path);
  if (key.kind == kSecretKeyKind) return SecretKey::from_bytes(key.bytes.bytes());
  if (key.kind == kPrivateKeyKind) return PrivateKey::from_bytes(key.bytes.bytes());
  throw FileError(path, "holds a public key, which opens nothing", "name the private key that belongs to it");
}

}  // namespace bauta
