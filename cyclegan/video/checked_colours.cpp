#include "cyclegan/video/checked_colours.h"

#include <algorithm>

namespace bauta {
namespace {

// A face of a frame with as much around it as a recognizer wants to see.
class Surrounded {
 public:
  Surrounded(const VideoFrame& frame, const ColourModel& model, const Box& face) : model_(model) {
    const int around = std::min(std::max(face.width, face.height), std::max(frame.width, frame.height));
    const Box part = coverable(
        frame, {face.x - around, face.y - around, face.width + 2 * around, face.height + 2 * around});
    frame_ = part_of(frame, part);
    face_ = {face.x - part.x, face.y - part.y, face.width, face.height};
    visible_ = intersection(face_, {0, 0, part.width, part.height});
    clear_ = to_rgb(frame_, model);
  }

  std::optional<double> likeness_through(const HeldColours& colours, const FaceLikeness& likeness) const {
    VideoFrame covered = frame_;
    cover(covered, face_, colours);
    return likeness(clear_, to_rgb(covered, model_), visible_);
  }

 private:
  const ColourModel& model_;
  VideoFrame frame_;
  Box face_, visible_;
  Image clear_;
};

}  // namespace

CheckedColours take_checked_colours(const VideoFrame& frame, const ColourModel& model, const Box& face,
                                    const ColourWish& wish) {
  CheckedColours taken;
  if (coverable(frame, face).area() == 0) {
    taken.colours = grey_colours(frame, model);
    return taken;
  }
  std::optional<Surrounded> surrounded;
  if (wish.likeness) surrounded.emplace(frame, model, face);
  for (int blocks = wish.cover == Cover::Fill ? 0 : wish.blocks;; blocks /= 2) {
    taken.blocks = blocks;
    taken.colours = blocks > 0 ? take_colours(frame, face, blocks) : grey_colours(frame, model);
    if (!surrounded) return taken;
    taken.likeness = surrounded->likeness_through(taken.colours, wish.likeness);
    if (!taken.is_recognized() || (blocks > 0 && wish.chosen == BlocksAre::AskedFor)) return taken;
    if (blocks == 0 && is_too_small_to_tell(face)) return taken;
    if (blocks == 0) throw NotHidden(face);
  }
}

}  // namespace bauta
