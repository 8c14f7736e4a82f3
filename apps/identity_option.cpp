#include "apps/identity_option.h"

namespace bauta {

void add_identity_option(CLI::App& command, bool& no_identity_check) {
  command.add_flag("--no-identity-check", no_identity_check,
                   "do not show each face to a face recognizer, before and after, to see that it is not "
                   "recognized");
}

std::unique_ptr<IdentityCheck> open_identity_check(const CommonOptions& common, bool no_identity_check) {
  if (no_identity_check) return nullptr;
  if (IdentityCheck::is_available()) return std::make_unique<IdentityCheck>(asked_cpu(common));
  say(common,
      "no face recognizer looks whether faces are still recognized; run scripts/setup with a connection to "
      "PyPI to fetch YuNet and SFace");
  return nullptr;
}

}  // namespace bauta
