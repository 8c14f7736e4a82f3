#include "cyclegan/anonymizer/checked_hider.h"

namespace bauta {

CheckedHider::CheckedHider(HidingWay way, int blocks, Cover cover, FaceLikeness likeness)
    : way_(std::move(way)),
      blocks_(blocks > 0 ? blocks : kUsualCoverBlocks),
      chosen_(blocks > 0 ? BlocksAre::AskedFor : BlocksAre::Usual),
      cover_(cover),
      likeness_(std::move(likeness)) {
  const auto* by_network = std::get_if<HideByNetwork>(&way_);
  if (!by_network) return;
  open_.emplace(by_network->G, blocks, by_network->picture_size);
  blocks_ = open_->blocks();
  if (by_network->was_chosen && by_network->G.network.facts.mosaic_blocks > 0) chosen_ = BlocksAre::AskedFor;
}

CheckedPicture CheckedHider::operator()(Image& photo, const std::vector<Box>& faces,
                                        const FaceProgress& progress) const {
  std::size_t all = faces.size();  // of a keyed picture fewer, where they overlap
  FaceProgress counting;
  if (progress)
    counting = [&](std::size_t done, std::size_t of) {
      all = of;
      progress(done, of);
    };
  const HidePhoto hide_photo = [&](Image& picture, int blocks) {
    return hide(picture, faces, blocks, counting);
  };
  FaceLikeness look;
  if (likeness_)
    look = [&](const Image& clear, const Image& written, const Box& face) {
      if (progress) progress(all, all);
      return likeness_(clear, written, face);
    };
  return hide_checked(photo, hide_photo, blocks_, cover_, look, chosen_);
}

KeyedPicture CheckedHider::hide(Image& photo, const std::vector<Box>& faces, int blocks,
                                const FaceProgress& progress) const {
  if (open_) return {(*open_)(photo, faces, progress), {}};
  if (const auto* under_key = std::get_if<HideUnderKey>(&way_)) {
    const KeyedOptions options{
        cover_, blocks, under_key->code, under_key->residual_levels, under_key->networks, progress};
    return hide_keyed(photo, faces, options, under_key->closer, under_key->recipients);
  }
  if (progress) progress(0, faces.size());
  KeyedPicture picture{hide_one_way(photo, faces, blocks, cover_), {}};
  if (progress) progress(faces.size(), faces.size());
  return picture;
}

AnonymizationMode CheckedHider::mode() const {
  if (open_) return AnonymizationMode::Open;
  return std::holds_alternative<HideUnderKey>(way_) ? AnonymizationMode::Keyed : AnonymizationMode::OneWay;
}

std::optional<int> CheckedHider::visible_blocks() const {
  return cover_ == Cover::Fill ? std::nullopt : std::optional(blocks_);
}

}  // namespace bauta
