// Faces hidden in one of the ways there are, and looked at before anything is handed out: the program, its
// page and the library all hide through this.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "cyclegan/anonymizer/checked_hiding.h"

namespace bauta {

// Plain mosaics, or one grey: nothing comes back.
struct HideForGood {};

// For whoever has the Re-ID network.
struct HideByNetwork {
  const OpenedNetwork& G;   // must outlive the hider
  int picture_size = 0;     // as picture_size_of takes it
  bool was_chosen = false;  // by the user, who thereby asks for the blocks that it was taught
};

// For whoever has what the picture is closed with.
struct HideUnderKey {
  Closer closer;
  std::vector<PublicKey> recipients = {};
  ResidualCode code = ResidualCode::Exact;
  int residual_levels = 0;                 // as KeyedOptions has it
  const CodeNetworks* networks = nullptr;  // of the network code; must outlive the hider
};

using HidingWay = std::variant<HideForGood, HideByNetwork, HideUnderKey>;

class CheckedHider {
 public:
  // blocks: across a face, for somebody who asked for just so many; 0: the network's own, or
  // kUsualOpenBlocks, or kUsualCoverBlocks. cover: not by a network. likeness: empty where nobody is to look
  // whether faces are recognized. Throws FileError as OpenHider.
  CheckedHider(HidingWay way, int blocks, Cover cover, FaceLikeness likeness);

  // For several threads. Progress is told of the faces as they are hidden, again (all are) before each that
  // is shown to the recognizer, and from 0 where a keyed picture has to be hidden anew. Throws as
  // hide_checked, as hide_faces of what has no room for a keyed face, and what progress throws; the
  // photograph is then as it was.
  CheckedPicture operator()(Image& photo, const std::vector<Box>& faces,
                            const FaceProgress& progress = {}) const;

  AnonymizationMode mode() const;
  int blocks() const { return blocks_; }
  // That stay visible across a face; nothing where one grey covers all.
  std::optional<int> visible_blocks() const;

 private:
  KeyedPicture hide(Image& photo, const std::vector<Box>& faces, int blocks,
                    const FaceProgress& progress) const;

  HidingWay way_;
  std::optional<OpenHider> open_;
  int blocks_;
  BlocksAre chosen_;
  Cover cover_;
  FaceLikeness likeness_;
};

}  // namespace bauta
