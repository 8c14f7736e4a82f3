#pragma once

#include <string>

namespace bauta {

// The profile if a picture of that kind can carry it, or nothing: it must be one of grey (its colour space,
// ICC.1:2022 7.2.6, is "GRAY") or of RGB, whole (its size in its header is its own), and no larger than
// kMostProfileBytes.
std::string fitting_profile(std::string profile, bool grey);

inline constexpr std::size_t kMostProfileBytes = std::size_t{4} << 20;

}  // namespace bauta
