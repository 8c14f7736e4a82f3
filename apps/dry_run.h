// deid --dry-run: where faces were found, in pictures that nobody takes for de-identified ones.
#pragma once

#include <filesystem>
#include <vector>

#include "io/box.h"
#include "io/image.h"

namespace bauta {

inline constexpr const char* kBoxesEnding = ".boxes.png";

// The photograph, its longer side at most 1280 pixels, within a red frame and with a yellow one around each
// face.
Image with_boxes(const Image& photo, const std::vector<Box>& faces);

// Clear and de-identified pictures in one folder get mixed up. Throws FileError if there are pictures of a
// dry run in the folder, or (for_dry_run) others.
void require_unmixed(const std::filesystem::path& folder, bool for_dry_run);

}  // namespace bauta
