// Which bauta this is.
#pragma once

namespace bauta {

extern const char* const kVersion;  // "0.1.0"
extern const char* const kCommit;   // of the sources it was built from; "unknown" outside a repository

}  // namespace bauta
