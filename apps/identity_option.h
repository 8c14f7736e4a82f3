// The face recognizer that looks whether faces are still recognized, for the commands that hide photographs.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/command.h"
#include "cyclegan/anonymizer/identity_check.h"

namespace bauta {

// --no-identity-check
void add_identity_option(CLI::App& command, bool& no_identity_check);

// Null where nobody wants it, or its networks are not at hand, which is said. Throws FileError for damaged
// ones.
std::unique_ptr<IdentityCheck> open_identity_check(const CommonOptions& common, bool no_identity_check);

}  // namespace bauta
