#include "apps/video_restoring.h"

#include <algorithm>

#include "cyclegan/keyed/region_search.h"
#include "io/opener.h"

namespace bauta {
namespace {

// Which of the lines is a frame's.
struct FrameInRecord {
  std::optional<std::int64_t> line;
  bool known = false;  // by its mark; else it is the line after the one before's
};

struct RestoredFrame {
  std::vector<ReportedFace> faces;
  std::int64_t not_exact = 0;
  bool missing = false;  // a region of its line does not open, and none that does lies there
  bool others = false;   // regions open that its line does not have
};

// From reading to writing, each frame once through locate(), restore() and hand_over().
class VideoRestoring {
 public:
  VideoRestoring(const std::filesystem::path& path, VideoSource& source, const VideoOutput& output,
                 const CommonOptions& common, const KeyedVideo& keyed)
      : path_(path),
        common_(common),
        keyed_(keyed),
        report_(output.report),
        format_(source.format()),
        keys_(keys_from(*keyed.of_faces)),
        progress_(common, "frames", source.expected().value_or(0)),
        writer_(output.sink, frames_at_a_time(common)),
        reader_(source, frames_at_a_time(common)) {}

  VideoOutcome run() {
    outcome_.interrupted = !unless_interrupted([this] {
      for (auto frames = next_frames(reader_, common_); !frames.empty();
           frames = next_frames(reader_, common_)) {
        const std::vector<FrameInRecord> places = locate(frames);
        std::vector<RestoredFrame> restored(frames.size());
        for_each_of(frames.size(), common_,
                    {[&](std::size_t i) { restored[i] = restore(frames[i], places[i]); },
                     [&](std::size_t i) { hand_over(std::move(frames[i]), places[i], restored[i]); }});
      }
      writer_.drain();
    });
    outcome_.waiting_for_input = reader_.waited();
    outcome_.waiting_for_output = writer_.waited();
    return outcome_;
  }

 private:
  std::vector<FrameInRecord> locate(const std::vector<VideoFrame>& frames) {
    std::vector<FrameInRecord> places(frames.size());
    if (!keyed_.lines) return places;
    std::vector<FrameMark> marks(frames.size());
    const auto find = [&](std::size_t i) {
      places[i].line = keyed_.lines->find(marks[i], next_line_);
      places[i].known = places[i].line.has_value();
      if (!places[i].known && next_line_ < keyed_.lines->frames()) places[i].line = next_line_;
      next_line_ = places[i].line.value_or(next_line_) + 1;
    };
    for_each_of(frames.size(), common_,
                {[&](std::size_t i) { marks[i] = keyed_.key->mark(frames[i]); }, find});
    return places;
  }

  RestoredFrame restore(VideoFrame& frame, const FrameInRecord& place) const {
    const std::int64_t time = frame.time;
    Image picture = to_image(std::move(frame));
    RestoredFrame restored;
    std::vector<Box> closed;
    if (place.line)
      for (const KeyedRegion& region : keyed_.lines->regions_of(*place.line))
        if (!open(picture, region, restored)) closed.push_back(region.box);
    // What a frame has that is not known is not told by a line without regions.
    if (!closed.empty() || (!place.known && restored.faces.empty())) search(picture, closed, restored);
    frame = to_frame(std::move(picture), time);
    return restored;
  }

  bool open(Image& picture, const KeyedRegion& region, RestoredFrame& restored) const {
    const OpenedRegion opened = restore_region(picture, region, keys_);
    if (opened.state != RegionState::Intact || !opened.original) return false;
    restored.faces.push_back({region.box});
    restored.not_exact += opened.code == ResidualCode::Exact ? 0 : 1;
    return true;
  }

  void search(Image& picture, const std::vector<Box>& closed, RestoredFrame& restored) const {
    const std::vector<KeyedRegion> found = find_keyed_regions(picture, *keyed_.of_faces, keyed_.residuals);
    for (const KeyedRegion& region : found) {
      open(picture, region, restored);
      restored.others = restored.others || std::ranges::find(closed, region.box) == closed.end();
    }
    restored.missing = std::ranges::any_of(closed, [&](const Box& box) {
      return std::ranges::none_of(
          found, [&](const KeyedRegion& region) { return intersection(region.box, box).area() > 0; });
    });
  }

  void hand_over(VideoFrame frame, const FrameInRecord& place, const RestoredFrame& restored) {
    if (place.known) in_step_ = true;
    if (keyed_.lines && restored.others) in_step_ = false;
    if (restored.missing && in_step_)
      throw CannotOpen(path_,
                       "a face in frame " + std::to_string(outcome_.frames) +
                           " was hidden under another key, or has been changed since",
                       "pass its key, and the video as bauta wrote it");
    if (keyed_.lines && !place.known && !told_) {
      told_ = true;
      progress_.interrupt();
      say(common_, path_.string() + ": has been edited: frame " + std::to_string(outcome_.frames) +
                       " is not in its record of regions; such frames are searched for faces, which takes "
                       "longer");
    }
    if (report_ && !restored.faces.empty())
      report_->add(frame_entry(outcome_.frames, seconds_at(frame, format_), restored.faces));
    outcome_.faces += static_cast<std::int64_t>(restored.faces.size());
    outcome_.frames_with_faces += restored.faces.empty() ? 0 : 1;
    outcome_.not_exact += restored.not_exact;
    ++outcome_.frames;
    writer_.give(std::move(frame));
    progress_.advance();
  }

  const std::filesystem::path& path_;
  const CommonOptions& common_;
  const KeyedVideo& keyed_;
  RunReport* report_;
  VideoFormat format_;
  RegionKeys keys_;
  std::int64_t next_line_ = 0;
  // Frames and lines follow one another; else a line may be another frame's, whose faces need not be there.
  bool in_step_ = true;
  bool told_ = false;
  VideoOutcome outcome_;
  Progress progress_;
  FrameWriter writer_;
  FrameReader reader_;
};

}  // namespace

VideoOutcome restore_video(const std::filesystem::path& path, VideoSource& source, const VideoOutput& output,
                           const CommonOptions& common, const KeyedVideo& keyed) {
  return VideoRestoring(path, source, output, common, keyed).run();
}

}  // namespace bauta
