// --no-identity-check: whether a face recognizer looks at what is about to be written.
#pragma once

#include <memory>

#include "apps/command.h"
#include "cyclegan/anonymizer/identity_check.h"

namespace bauta {

void add_identity_option(CLI::App& command, bool& no_identity_check);

// Null, and a line says why, where its networks have not been fetched. Throws FileError.
std::unique_ptr<IdentityCheck> make_identity_check(const CommonOptions& common);

}  // namespace bauta
