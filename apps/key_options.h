// What opens: the options for keys of the commands that open something.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "apps/command.h"
#include "cyclegan/anonymizer/opened_network.h"
#include "io/opener.h"

namespace bauta {

struct KeyOptions {
  std::filesystem::path key_file;
  bool passphrase = false;  // to be asked for on the terminal
  std::optional<int> passphrase_descriptor;

  bool given() const { return !key_file.empty() || passphrase || passphrase_descriptor.has_value(); }
};

// --key-file, --passphrase, --passphrase-fd, of which one may be given. `what`: what the key opens.
void add_key_options(CLI::App& command, KeyOptions& options, const std::string& what);

// Reads the key file, or asks for the passphrase of `path`. Throws FileError; also, for `path`, if no key was
// given.
Opener read_opener(const KeyOptions& options, const std::filesystem::path& path);
// The same when a file turns out to be locked. The options must outlive what is returned.
AskOpener asking(const KeyOptions& options);

}  // namespace bauta
