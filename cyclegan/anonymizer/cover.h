// What stays visible of a face that is hidden without a network's help.
#pragma once

namespace bauta {

enum class Cover {
  Blocks,  // a mosaic
  Fill,    // one grey for all faces, which tells nothing but where they are
};

// Mosaic blocks along a face's shorter side, where nobody says otherwise: SECURITY.md has what they tell.
inline constexpr int kUsualCoverBlocks = 4;

}  // namespace bauta
