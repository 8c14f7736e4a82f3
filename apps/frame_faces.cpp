#include "apps/frame_faces.h"

#include <algorithm>
#include <cmath>

#include "cyclegan/video/face_tracks.h"

namespace bauta {
namespace {

// What of a frame the detector looks at: enough for the smallest face looked for, and no less than
// kLeastSide.
constexpr double kLeastSide = 640;

double factor_for(const VideoFrame& frame, int smallest) {
  const double longer = std::max(frame.width, frame.height);
  return std::min(1.0,
                  std::max(kLeastSide / longer, static_cast<double>(FaceDetector::kFindable) / smallest));
}

}  // namespace

FrameFaces::FrameFaces(const FaceOptions& faces, const CommonOptions& common, double margin)
    : smallest_(smallest_face(faces.smallest)),
      least_(least_face_seen(faces.smallest)),
      margin_(margin),
      unsure_(0.99f * faces.score) {
  if (!faces.boxes.empty()) {
    source_ = "boxes";
    table_.emplace(faces.boxes);
    return;
  }
  FaceSearchOptions search = search_options(faces, common);
  source_ = search.detector;
  // Weaker sights go on with a face that was surely seen.
  search.score = FaceTracks({faces.score}).least_score();
  search.smallest = 1;  // of what is scaled down; find() knows
  search.always_twice = false;
  search.enlarged = false;
  search_.emplace(std::move(search));
}

std::vector<FrameFaces::Seen> FrameFaces::find(std::int64_t number, const VideoFrame& frame,
                                               const ColourModel& model) const {
  std::vector<Seen> seen;
  if (table_) {
    for (const Box& box : table_->of(number)) seen.push_back({box, 1});
    return seen;
  }
  const double factor = factor_for(frame, smallest_);
  const auto scaled = [factor](int side) {
    return std::max(1, static_cast<int>(std::lround(side * factor)));
  };
  const Image small = to_small_rgb(frame, model, scaled(frame.width), scaled(frame.height));
  const double across = static_cast<double>(frame.width) / small.width,
               down = static_cast<double>(frame.height) / small.height;
  for (const auto& [box, score] : (*search_)(small)) {
    const int left = static_cast<int>(std::floor(box.x * across)),
              top = static_cast<int>(std::floor(box.y * down));
    const Box whole{left, top, static_cast<int>(std::ceil((box.x + box.width) * across)) - left,
                    static_cast<int>(std::ceil((box.y + box.height) * down)) - top};
    // The cascade tells no score, and a face that grows or shrinks may be followed some way below the
    // smallest.
    const float sureness = score > 0 ? score : 1;
    if (2 * whole.width < least_) continue;
    CentredBox grown = centred(whole);
    grown.width *= margin_;
    grown.height *= margin_;
    seen.push_back({outward(grown), whole.width >= least_ ? sureness : std::min(sureness, unsure_)});
  }
  return seen;
}

}  // namespace bauta
