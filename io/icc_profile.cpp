#include "io/icc_profile.h"

#include <cstdint>

namespace bauta {

std::string fitting_profile(std::string profile, bool grey) {
  constexpr std::size_t kHeaderBytes = 128, kColourSpace = 16;
  if (profile.size() < kHeaderBytes || profile.size() > kMostProfileBytes) return {};
  std::uint32_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<std::uint8_t>(profile[i]);
  if (size != profile.size() || profile.compare(kColourSpace, 4, grey ? "GRAY" : "RGB ") != 0) return {};
  return profile;
}

}  // namespace bauta
