#include "apps/video_work.h"

#include <omp.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <map>
#include <memory>

#include "apps/frame_flow.h"
#include "apps/in_order.h"
#include "cyclegan/keyed/region_search.h"
#include "cyclegan/video/face_cover.h"
#include "cyclegan/video/face_tracks.h"
#include "cyclegan/video/region_lines.h"
#include "io/file_error.h"
#include "io/opener.h"

namespace bauta {
namespace {

constexpr int kFramesAThread = 4;  // at a time, so that one slow frame holds up little
// The longer side of what the detector looks at: enough for the smallest face looked for, within bounds.
constexpr double kLeastSide = 640, kMostSide = 1280, kFindable = 32;

// The calling thread's own time on a processor, seconds: what others do meanwhile does not count.
class Clock {
 public:
  double seconds() const { return now() - start_; }

 private:
  static double now() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  double start_ = now();
};

double factor_for(const VideoFrame& frame, int smallest) {
  const double longer = std::max(frame.width, frame.height);
  const double wanted = std::max(kLeastSide / longer, kFindable / smallest);
  return std::min({1.0, wanted, kMostSide / longer});
}

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

int thread_count(const CommonOptions& common) {
  return common.threads > 0 ? common.threads : omp_get_num_procs();
}

// Works on many frames at a time, each on one thread.
void for_each(std::size_t count, const CommonOptions& common, const OrderedWork& work) {
  work_in_order(
      count, thread_count(common), [] { omp_set_num_threads(1); }, work);
}

// The frames between their reading and their writing, and the colours of the faces in them.
class Window {
 public:
  Window(const CoverOptions& options, const VideoFormat& format, int delay)
      : options_(options), delay_(delay), model_(model_of(format.colours, format.height)) {
    const double seconds = format.time_base.known() ? format.time_base.value() : 0;
    refresh_ = options.refresh > 0 && seconds > 0 ? std::max(1.0, options.refresh / seconds) : 0;
  }

  void add(VideoFrame frame) { frames_.push_back(std::move(frame)); }

  struct Covered {
    std::int64_t number;
    VideoFrame frame;
    std::vector<Box> boxes;                                   // in the picture at least in part
    std::vector<std::shared_ptr<const HeldColours>> colours;  // of each
    std::int64_t found = 0;                                   // of them, in this very frame
  };
  // The next frame taken out, with what is to be done to it.
  Covered take(const std::vector<FacePlace>& places) {
    Covered covered{first_, {}, {}, {}, 0};
    for (const FacePlace& place : places) {
      const Box box = coverable(frames_.front(), place.box);
      if (box.area() == 0) continue;
      covered.boxes.push_back(place.box);
      covered.found += place.found ? 1 : 0;
      covered.colours.push_back(colours_of(place));
    }
    covered.frame = std::move(frames_.front());
    frames_.pop_front();
    ++first_;
    std::erase_if(held_, [this](const auto& entry) { return entry.second.used < first_ - 4 * delay_; });
    return covered;
  }
  const ColourModel& model() const { return model_; }

 private:
  struct Held {
    std::shared_ptr<const HeldColours> colours;
    std::int64_t taken = 0, used = 0;  // the frame's time, its number
  };

  std::shared_ptr<const HeldColours> colours_of(const FacePlace& place) {
    const VideoFrame& frame = frames_.front();
    Held& held = held_[place.track];
    held.used = first_;
    if (options_.cover == Cover::Fill) {
      if (!held.colours) held.colours = std::make_shared<HeldColours>(grey_colours(frame, model_));
    } else if (!held.colours) {
      // Usually still ahead; behind, if the face has been outside of the picture since.
      const std::int64_t ahead = place.first - first_;
      const bool here = ahead < 0 || ahead >= static_cast<std::int64_t>(frames_.size());
      const VideoFrame& from = here ? frame : frames_[static_cast<std::size_t>(ahead)];
      held = {taken_from(from, here ? place.box : place.first_box), from.time, first_};
    } else if (refresh_ > 0 && place.found && static_cast<double>(frame.time - held.taken) >= refresh_) {
      held = {taken_from(frame, place.box), frame.time, first_};
    }
    return held.colours;
  }
  std::shared_ptr<const HeldColours> taken_from(const VideoFrame& frame, const Box& face) const {
    // A table may have faces outside of the picture.
    if (coverable(frame, face).area() == 0) return std::make_shared<HeldColours>(grey_colours(frame, model_));
    return std::make_shared<HeldColours>(take_colours(frame, face, options_.blocks));
  }

  const CoverOptions& options_;
  std::int64_t delay_;
  ColourModel model_;
  double refresh_;  // in the video's time base
  std::deque<VideoFrame> frames_;
  std::int64_t first_ = 0;  // number of the first in frames_
  std::map<int, Held> held_;
};

void cover_plainly(Window::Covered& covered, const CoverOptions& options, const ColourModel& model) {
  for (std::size_t i = 0; i < covered.boxes.size(); ++i) {
    if (options.only_boxes)
      outline(covered.frame, covered.boxes[i], model);
    else
      cover(covered.frame, covered.boxes[i], *covered.colours[i]);
  }
}

// The frame as RGB with its faces under the key; what is visible are the held colours.
std::vector<HiddenFace> cover_keyed(Window::Covered& covered, const CoverOptions& options,
                                    const ColourModel& model, const SecretKey& key) {
  const std::int64_t time = covered.frame.time;
  Image picture = covered.frame.layout == PixelLayout::Rgb ? to_image(std::move(covered.frame))
                                                           : to_rgb(covered.frame, model);
  std::vector<HiddenFace> hidden;
  if (!covered.boxes.empty()) {
    Window::Covered shown = covered;
    shown.frame = to_frame(picture, time);
    // Colours were taken of the frame as it came.
    if (options.cover == Cover::Blocks) cover_plainly(shown, options, model);
    const Image visible = to_image(std::move(shown.frame));
    KeyedOptions keyed;
    keyed.cover = options.cover;
    keyed.blocks = options.blocks;
    keyed.shown = &visible;
    hidden = hide_faces(picture, covered.boxes, keyed, key);
  }
  covered.frame = to_frame(std::move(picture), time);
  return hidden;
}

}  // namespace

FrameFaces::FrameFaces(const FaceOptions& faces, const CommonOptions& common, const CoverOptions& options)
    : smallest_(options.smallest), margin_(options.margin), unsure_(0.99f * options.score) {
  if (!faces.boxes.empty()) {
    source_ = "boxes";
    table_.emplace(faces.boxes);
    return;
  }
  FaceSearchOptions search = search_options(faces, common);
  source_ = search.detector;
  // Weaker sights go on with a face that was surely seen.
  search.score = FaceTracks({options.score}).least_score();
  search.smallest = 1;  // of what is scaled down; find() knows
  search.always_twice = false;
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
    if (2 * whole.width < smallest_) continue;
    CentredBox grown = centred(whole);
    grown.width *= margin_;
    grown.height *= margin_;
    seen.push_back({outward(grown), whole.width >= smallest_ ? sureness : std::min(sureness, unsure_)});
  }
  return seen;
}

VideoOutcome cover_video(VideoSource& source, VideoSink& sink, const FrameFaces& finder,
                         const CoverOptions& options, const CommonOptions& common, const SecretKey* key,
                         int record) {
  const VideoFormat& format = source.format();
  VideoOutcome outcome;
  TrackOptions tracking;
  tracking.score = options.score;
  tracking.reach = reach_for(format, options, common);
  FaceTracks tracks(tracking);
  Window window(options, format, tracks.delay());
  const ColourModel model = window.model();
  const std::filesystem::path record_name = "the record of the regions";
  if (key) write_all(record, first_line({format.width, format.height}), record_name);

  const std::size_t batch = static_cast<std::size_t>(kFramesAThread * thread_count(common));
  Progress progress(common, "frames", source.expected().value_or(0));
  FrameWriter writer(sink, batch);
  FrameReader reader(source, batch);
  std::mutex seconds;
  const auto spend = [&seconds](double& on, const Clock& clock) {
    const std::lock_guard lock(seconds);
    on += clock.seconds();
  };

  // Covers and writes what is decided.
  const auto write_decided = [&] {
    std::vector<Window::Covered> decided;
    while (const auto places = tracks.next()) {
      decided.push_back(window.take(*places));
      outcome.covers += static_cast<std::int64_t>(decided.back().boxes.size());
      outcome.found += decided.back().found;
      outcome.frames_with_faces += decided.back().boxes.empty() ? 0 : 1;
    }
    std::vector<std::vector<HiddenFace>> hidden(decided.size());
    const auto cover_frame = [&](std::size_t i) {
      const Clock clock;
      if (key)
        hidden[i] = cover_keyed(decided[i], options, model, *key);
      else
        cover_plainly(decided[i], options, model);
      spend(outcome.covering, clock);
    };
    const auto hand_over = [&](std::size_t i) {
      if (key) {
        std::vector<KeyedRegion> regions;
        for (const HiddenFace& face : hidden[i]) {
          regions.push_back(face.region);
          outcome.not_exact += face.code == ResidualCode::Exact ? 0 : 1;
        }
        write_all(record, frame_line(regions), record_name);
      }
      writer.give(std::move(decided[i].frame));
      progress.advance();
    };
    for_each(decided.size(), common, {cover_frame, hand_over});
  };

  for (auto frames = reader.take(batch); !frames.empty(); frames = reader.take(batch)) {
    std::vector<std::optional<std::vector<FaceSight>>> sights(frames.size());
    const std::int64_t first = outcome.frames;
    for_each(frames.size(), common,
             {[&](std::size_t i) {
                const std::int64_t number = first + static_cast<std::int64_t>(i);
                if (number % options.every != 0) return;
                const Clock clock;
                sights[i].emplace();
                for (const auto& [box, score] : finder.find(number, frames[i], model))
                  sights[i]->push_back({box, score});
                spend(outcome.detecting, clock);
              },
              [&](std::size_t i) {
                tracks.add(sights[i]);
                window.add(std::move(frames[i]));
                ++outcome.frames;
              }});
    write_decided();
  }
  tracks.finish();
  write_decided();
  writer.drain();
  if (key) write_all(record, last_line(outcome.frames), record_name);
  outcome.faces = tracks.tracks();
  outcome.waiting_for_input = reader.waited();
  outcome.waiting_for_output = writer.waited();
  return outcome;
}

VideoOutcome restore_video(VideoSource& source, VideoSink& sink, const std::filesystem::path& path,
                           const CommonOptions& common, const SecretKey& key, int record) {
  const VideoFormat& format = source.format();
  VideoOutcome outcome;
  std::optional<RegionLines> lines;
  if (record >= 0) lines.emplace(record, path, ImageSize{format.width, format.height});
  const RegionKeys keys = keys_from(key);
  const std::size_t batch = static_cast<std::size_t>(kFramesAThread * thread_count(common));
  Progress progress(common, "frames", source.expected().value_or(0));
  FrameWriter writer(sink, batch);
  FrameReader reader(source, batch);
  std::atomic<std::int64_t> faces = 0, with_faces = 0, not_exact = 0;

  for (auto frames = reader.take(batch); !frames.empty(); frames = reader.take(batch)) {
    const std::int64_t first = outcome.frames;
    std::vector<std::vector<KeyedRegion>> regions(frames.size());
    if (lines)
      for (auto& of_frame : regions) of_frame = lines->next();
    const auto restore = [&](std::size_t i) {
      const std::int64_t time = frames[i].time;
      Image picture = to_image(std::move(frames[i]));
      if (!lines) regions[i] = find_keyed_regions(picture, key);
      for (const KeyedRegion& region : regions[i]) {
        const OpenedRegion opened = restore_region(picture, region, keys);
        if (opened.state != RegionState::Intact || !opened.original)
          throw CannotOpen(path,
                           "a face in frame " + std::to_string(first + static_cast<std::int64_t>(i)) +
                               " was hidden under another key, or has been changed since",
                           "pass its key, and the video as bauta wrote it");
        not_exact += opened.code == ResidualCode::Exact ? 0 : 1;
      }
      faces += static_cast<std::int64_t>(regions[i].size());
      with_faces += regions[i].empty() ? 0 : 1;
      frames[i] = to_frame(std::move(picture), time);
    };
    for_each(frames.size(), common, {restore, [&](std::size_t i) {
                                       writer.give(std::move(frames[i]));
                                       ++outcome.frames;
                                       progress.advance();
                                     }});
  }
  if (lines) lines->finish();
  writer.drain();
  outcome.faces = faces;
  outcome.frames_with_faces = with_faces;
  outcome.not_exact = not_exact;
  outcome.waiting_for_input = reader.waited();
  outcome.waiting_for_output = writer.waited();
  return outcome;
}

}  // namespace bauta
