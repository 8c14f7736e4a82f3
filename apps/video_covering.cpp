#include "apps/video_covering.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>

#include "apps/frame_window.h"
#include "cyclegan/video/region_lines.h"
#include "io/file_error.h"

namespace bauta {
namespace {

// Frames that --hold stands for, as far as there is memory for so many of them.
int reach_for(const VideoFormat& format, const CoverOptions& options, const CommonOptions& common) {
  constexpr double kUsualRate = 25, kHighestRate = 240;  // some files claim a million frames a second
  constexpr std::size_t kMostBytes = std::size_t{2} << 30;
  const double rate = format.rate.known() ? std::min(format.rate.value(), kHighestRate) : kUsualRate;
  const int wanted = std::max({2, 2 * options.every, static_cast<int>(std::lround(options.hold * rate))});
  const auto affordable =
      static_cast<int>(kMostBytes / planes_of(format.layout, format.width, format.height).bytes);
  if (affordable >= wanted) return wanted;
  say(common, "frames are so large that faces are covered for " + std::to_string(affordable) +
                  " frames before and after they were found, not " + std::to_string(wanted));
  return std::max(2, affordable);
}

TrackOptions tracking_for(const VideoFormat& format, const CoverOptions& options,
                          const CommonOptions& common) {
  TrackOptions tracking;
  tracking.score = options.score;
  tracking.reach = reach_for(format, options, common);
  return tracking;
}

// As frames are worked on: keyed ones as RGB.
VideoFormat worked_on(VideoFormat format, bool keyed) {
  if (keyed) format.layout = PixelLayout::Rgb;
  return format;
}

void cover_plainly(VideoFrame& frame, const CoveredFrame& covered) {
  for (std::size_t i = 0; i < covered.boxes.size(); ++i)
    cover(frame, covered.boxes[i], covered.colours[i]->colours);
}

// What the record has to tell of a frame under the key.
struct HiddenFrame {
  std::vector<HiddenFace> faces;
  FrameMark mark = 0;
};

// The frame's faces under the key; what is visible are the held colours.
std::vector<HiddenFace> hide(CoveredFrame& covered, const ColourWish& wish, const SecretKey& key) {
  if (covered.boxes.empty()) return {};
  VideoFrame shown = covered.frame;
  cover_plainly(shown, covered);
  const Image visible = to_image(std::move(shown));
  const std::int64_t time = covered.frame.time;
  Image picture = to_image(std::move(covered.frame));
  KeyedOptions options;
  options.cover = wish.cover;
  options.blocks = wish.blocks;
  if (wish.cover == Cover::Blocks) options.shown = &visible;
  std::vector<HiddenFace> hidden = hide_faces(picture, covered.boxes, options, key);
  covered.frame = to_frame(std::move(picture), time);
  return hidden;
}

// From reading to writing, each frame once through look(), plan(), take_colours(), cover_frame() and
// hand_over().
class VideoCovering {
 public:
  VideoCovering(const std::filesystem::path& path, VideoSource& source, const VideoOutput& output,
                const FrameFaces& finder, const CoverOptions& options, const CommonOptions& common,
                const KeyedOutput* keyed)
      : path_(path),
        finder_(finder),
        options_(options),
        common_(common),
        keyed_(keyed),
        report_(output.report),
        format_(worked_on(source.format(), keyed != nullptr)),
        model_(model_of(format_.colours, format_.height)),
        tracks_(tracking_for(format_, options, common)),
        window_(format_, options.refresh, tracks_.delay()),
        progress_(common, "frames", source.expected().value_or(0)),
        writer_(output.sink, frames_at_a_time(common)),
        reader_(source, frames_at_a_time(common)) {}

  VideoOutcome run() {
    outcome_.interrupted = !unless_interrupted([this] {
      if (keyed_) tell(first_line({format_.width, format_.height}, keyed_->key->lock()));
      for (auto frames = next_frames(reader_, common_); !frames.empty();
           frames = next_frames(reader_, common_)) {
        look(std::move(frames));
        cover_decided();
      }
      tracks_.finish();
      cover_decided();
      writer_.drain();
      if (keyed_) tell(last_line(outcome_.frames));
    });
    outcome_.faces = tracks_.tracks();
    outcome_.compared = static_cast<std::int64_t>(compared_.size());
    outcome_.fewer_blocks = static_cast<std::int64_t>(with_fewer_blocks_.size());
    outcome_.recognized = static_cast<std::int64_t>(recognized_.size());
    outcome_.waiting_for_input = reader_.waited();
    outcome_.waiting_for_output = writer_.waited();
    return outcome_;
  }

 private:
  // Looks for faces, and has them followed.
  void look(std::vector<VideoFrame> frames) {
    std::vector<std::optional<std::vector<FaceSight>>> sights(frames.size());
    const std::int64_t first = outcome_.frames;
    const auto find = [&](std::size_t i) {
      if (keyed_ && frames[i].layout != PixelLayout::Rgb)
        frames[i] = to_frame(to_rgb(frames[i], model_), frames[i].time);
      const std::int64_t number = first + static_cast<std::int64_t>(i);
      if (number % options_.every != 0) return;
      const ThreadClock clock;
      sights[i].emplace();
      for (const auto& [box, score] : finder_.find(number, frames[i], model_))
        sights[i]->push_back({box, score});
      spend(outcome_.detecting, clock);
    };
    const auto follow = [&](std::size_t i) {
      if (sights[i])
        outcome_.outside += std::ranges::count_if(
            *sights[i], [&](const FaceSight& sight) { return coverable(frames[i], sight.box).area() == 0; });
      tracks_.add(sights[i]);
      window_.add(std::move(frames[i]));
      ++outcome_.frames;
    };
    for_each_of(frames.size(), common_, {find, follow});
  }

  // All frames for which it is decided which faces they show.
  void cover_decided() {
    std::vector<ColourTaking> takings;
    std::vector<CoveredFrame> frames = plan(takings);
    if (!options_.only_boxes) take_colours(takings);
    std::vector<HiddenFrame> hidden(frames.size());
    for (CoveredFrame& frame : frames) frame.frame = window_.release();
    for_each_of(frames.size(), common_,
                {[&](std::size_t i) { hidden[i] = cover_frame(frames[i]); },
                 [&](std::size_t i) { hand_over(std::move(frames[i]), hidden[i]); }});
  }

  std::vector<CoveredFrame> plan(std::vector<ColourTaking>& takings) {
    std::vector<CoveredFrame> frames;
    while (const auto places = tracks_.next()) {
      frames.push_back(window_.plan(*places, takings));
      const CoveredFrame& frame = frames.back();
      outcome_.covers += static_cast<std::int64_t>(frame.boxes.size());
      outcome_.found +=
          std::ranges::count_if(frame.places, [](const FacePlace& place) { return place.found.has_value(); });
      outcome_.frames_with_faces += frame.boxes.empty() ? 0 : 1;
    }
    return frames;
  }

  void take_colours(const std::vector<ColourTaking>& takings) {
    const auto take = [&](std::size_t i) {
      const ThreadClock clock;
      const ColourTaking& taking = takings[i];
      try {
        *taking.colours =
            take_checked_colours(window_.at(taking.frame), model_, taking.face, options_.colours);
      } catch (const NotHidden& failure) {
        throw FileError(path_, "in frame " + std::to_string(taking.frame) + " " + failure.what(),
                        "cover more, by --margin or larger --boxes, or pass --no-identity-check");
      }
      spend(outcome_.checking, clock);
    };
    const auto count = [&](std::size_t i) {
      const CheckedColours& taken = *takings[i].colours;
      if (taken.likeness) compared_.insert(takings[i].track);
      if (taken.is_recognized()) recognized_.insert(takings[i].track);
      if (options_.colours.cover == Cover::Blocks && taken.likeness && taken.blocks < options_.colours.blocks)
        with_fewer_blocks_.insert(takings[i].track);
    };
    for_each_of(takings.size(), common_, {take, count});
  }

  HiddenFrame cover_frame(CoveredFrame& covered) {
    const ThreadClock clock;
    HiddenFrame hidden;
    if (options_.only_boxes)
      for (const Box& box : covered.boxes) outline(covered.frame, box, model_);
    else if (keyed_)
      hidden = {hide(covered, options_.colours, keyed_->key->of_faces()), keyed_->key->mark(covered.frame)};
    else
      cover_plainly(covered.frame, covered);
    spend(outcome_.covering, clock);
    return hidden;
  }

  void hand_over(CoveredFrame covered, const HiddenFrame& hidden) {
    std::vector<KeyedRegion> regions;
    for (const HiddenFace& face : hidden.faces) {
      regions.push_back(face.region);
      outcome_.not_exact += face.code == ResidualCode::Exact ? 0 : 1;
    }
    if (keyed_) tell(frame_line(hidden.mark, regions));
    if (report_ && !covered.places.empty()) report_->add(entry_of(covered));
    writer_.give(std::move(covered.frame));
    progress_.advance();
  }

  nlohmann::ordered_json entry_of(const CoveredFrame& covered) const {
    std::vector<ReportedFace> faces;
    for (const FacePlace& place : covered.places) faces.push_back({place.box, place.track, place.found});
    return frame_entry(covered.number, seconds_at(covered.frame, format_), faces);
  }

  void tell(const std::string& line) { write_all(keyed_->record, line, "the record of the regions"); }

  void spend(double& on, const ThreadClock& clock) {
    const std::lock_guard lock(spending_);
    on += clock.seconds();
  }

  const std::filesystem::path& path_;
  const FrameFaces& finder_;
  const CoverOptions& options_;
  const CommonOptions& common_;
  const KeyedOutput* keyed_;
  RunReport* report_;
  VideoFormat format_;
  ColourModel model_;
  FaceTracks tracks_;
  FrameWindow window_;
  VideoOutcome outcome_;
  std::set<int> compared_, with_fewer_blocks_, recognized_;  // tracks
  std::mutex spending_;
  Progress progress_;
  FrameWriter writer_;
  FrameReader reader_;
};

}  // namespace

VideoOutcome cover_video(const std::filesystem::path& path, VideoSource& source, const VideoOutput& output,
                         const FrameFaces& finder, const CoverOptions& options, const CommonOptions& common,
                         const KeyedOutput* keyed) {
  return VideoCovering(path, source, output, finder, options, common, keyed).run();
}

}  // namespace bauta
