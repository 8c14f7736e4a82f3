#include "apps/key_options.h"

#include "apps/passphrase.h"
#include "io/file_error.h"

namespace bauta {

void add_key_options(CLI::App& command, KeyOptions& options, const std::string& what) {
  CLI::Option* key_file =
      command.add_option("--key-file", options.key_file,
                         "key for " + what + ", or a recipient's private key, as keygen writes it");
  CLI::Option* passphrase =
      command.add_flag("--passphrase", options.passphrase, "ask on the terminal for the passphrase");
  CLI::Option* descriptor =
      command
          .add_option("--passphrase-fd", options.passphrase_descriptor,
                      "read the passphrase from this file descriptor, up to the end of the line")
          ->check(CLI::Range(0, 1 << 20));
  key_file->excludes(passphrase)->excludes(descriptor);
  passphrase->excludes(descriptor);
}

Opener read_opener(const KeyOptions& options, const std::filesystem::path& path) {
  if (!options.key_file.empty()) return read_opener_file(options.key_file);
  if (options.passphrase_descriptor) return read_passphrase(*options.passphrase_descriptor);
  if (options.passphrase) return ask_passphrase("Passphrase for " + path.string());
  throw FileError(path, "is locked", "pass --key-file, --passphrase or --passphrase-fd");
}

AskOpener asking(const KeyOptions& options) {
  return [&options](const std::filesystem::path& path) { return read_opener(options, path); };
}

}  // namespace bauta
