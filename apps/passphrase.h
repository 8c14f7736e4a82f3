// Passphrases, from the terminal or from a file descriptor; never from the command line, which others can
// see.
#pragma once

#include <string>

#include "io/opener.h"

namespace bauta {

// Asks on the terminal, without an echo. Throws std::runtime_error if there is none, or if interrupted.
Passphrase ask_passphrase(const std::string& question);

// The first line that can be read from the descriptor, without its end. Throws std::runtime_error.
Passphrase read_passphrase(int descriptor);

// For something new: long enough, or std::runtime_error; on the terminal it is asked for twice.
Passphrase ask_new_passphrase(const std::string& question);
Passphrase read_new_passphrase(int descriptor);

}  // namespace bauta
