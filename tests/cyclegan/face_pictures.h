// A face to be found, in the public domain, and the detector's weights, where there are any.
#pragma once

#include <filesystem>
#include <iostream>

#include "io/image.h"
#include "tests/cyclegan/identity_references.h"

namespace bauta::test {

inline bool yunet_is_here() {
  if (std::filesystem::exists(fetched("yunet"))) return true;
  std::cout << "SKIP: YuNet is not here; run scripts/fetch_networks\n";
  return false;
}

// The portrait that comes with the default model: the first of the pictures on its sheet.
inline Image portrait() {
  const Image sheet =
      read_image(std::filesystem::path(BAUTA_SOURCE_DIR) / "models" / "face-128" / "demo.png");
  return crop(sheet, 0, 0, sheet.height, sheet.height);
}

}  // namespace bauta::test
