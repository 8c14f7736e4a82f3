#include "apps/frame_window.h"

#include <algorithm>

namespace bauta {

FrameWindow::FrameWindow(const VideoFormat& format, double refresh, int delay) : delay_(delay) {
  const double base = format.time_base.known() ? format.time_base.value() : 0;
  refresh_ = refresh > 0 && base > 0 ? std::max(1.0, refresh / base) : 0;
}

const VideoFrame& FrameWindow::at(std::int64_t number) const {
  return frames_.at(static_cast<std::size_t>(number - first_));
}

CoveredFrame FrameWindow::plan(const std::vector<FacePlace>& places, std::vector<ColourTaking>& takings) {
  CoveredFrame covered{planned_, {}, {}, {}, {}};
  for (const FacePlace& place : places) {
    if (coverable(at(planned_), place.box).area() == 0) continue;
    covered.places.push_back(place);
    covered.boxes.push_back(place.box);
    covered.colours.push_back(colours_of(place, takings));
  }
  ++planned_;
  std::erase_if(held_, [this](const auto& entry) { return entry.second.used < planned_ - 4 * delay_; });
  return covered;
}

VideoFrame FrameWindow::release() {
  VideoFrame frame = std::move(frames_.front());
  frames_.pop_front();
  ++first_;
  return frame;
}

// Taken where the face was first surely found: usually still ahead; behind, if it has been outside of the
// picture since.
std::shared_ptr<const CheckedColours> FrameWindow::colours_of(const FacePlace& place,
                                                              std::vector<ColourTaking>& takings) {
  Held& held = held_[place.track];
  held.used = planned_;
  const std::int64_t now = at(planned_).time;
  const bool anew =
      held.colours && refresh_ > 0 && place.found && static_cast<double>(now - held.taken) >= refresh_;
  if (held.colours && !anew) return held.colours;
  const bool ahead =
      !anew && place.first >= planned_ && place.first < first_ + static_cast<std::int64_t>(frames_.size());
  ColourTaking taking{place.track, ahead ? place.first : planned_, ahead ? place.first_box : place.box,
                      std::make_shared<CheckedColours>()};
  held.colours = taking.colours;
  held.taken = at(taking.frame).time;
  takings.push_back(std::move(taking));
  return held.colours;
}

}  // namespace bauta
