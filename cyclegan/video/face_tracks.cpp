#include "cyclegan/video/face_tracks.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace bauta {
namespace {

constexpr double kLeastOverlap = 0.2;  // intersection over union, of a track's prediction and its next sight
// Sides between their centres, where nothing overlaps: of a face seen the frame before, for each frame more,
// and at most.
constexpr double kNearby = 1.0, kNearbyAFrame = 0.15, kNearbyMost = 2;
constexpr double kLikeSize = 2;     // and how many times the one may be larger
constexpr int kVelocityFrames = 5;  // over which the velocity at either end of a track is taken
constexpr double kFarthest = 3;     // sides by which it is followed out of sight
// How much larger than where a face is taken to be its cover is, where it was not found: at once, and at the
// end of the reach.
constexpr double kGrownAtOnce = 0.1, kGrownFar = 0.3;

double overlap(const CentredBox& a, const CentredBox& b) {
  const auto shared = [](double at, double side, double other_at, double other_side) {
    return std::min(at + side / 2, other_at + other_side / 2) -
           std::max(at - side / 2, other_at - other_side / 2);
  };
  const double width = shared(a.x, a.width, b.x, b.width), height = shared(a.y, a.height, b.y, b.height);
  if (width <= 0 || height <= 0) return 0;
  return width * height / (a.width * a.height + b.width * b.height - width * height);
}

CentredBox grown(CentredBox box, double by) {
  box.width *= 1 + by;
  box.height *= 1 + by;
  return box;
}

double growth(std::int64_t distance, int reach) {
  return kGrownAtOnce + (kGrownFar - kGrownAtOnce) * std::min(1.0, static_cast<double>(distance) / reach);
}

struct Pair {
  double likeness;
  std::size_t track, sight;
};

// The likeliest pairs of those given, no track and no sight twice.
template <class Take>
void assign(std::vector<Pair> pairs, std::vector<bool>& matched, std::vector<bool>& used, const Take& take) {
  std::ranges::stable_sort(pairs, std::greater{}, &Pair::likeness);
  for (const Pair& pair : pairs) {
    if (matched[pair.track] || used[pair.sight]) continue;
    matched[pair.track] = used[pair.sight] = true;
    take(pair);
  }
}

}  // namespace

FaceTracks::FaceTracks(const TrackOptions& options) : options_(options) {
  if (options.reach < 1 || options.smoothing < 0)
    throw std::invalid_argument("FaceTracks: reach below 1 or smoothing below 0");
}

int FaceTracks::delay() const { return options_.reach + std::max(options_.smoothing, 0) + kVelocityFrames; }

void FaceTracks::match(std::vector<FaceSight>& sights, std::vector<bool>& used, std::vector<bool>& matched,
                       bool sure) {
  std::vector<Pair> pairs;
  for (std::size_t t = 0; t < matched.size(); ++t) {
    const CentredBox expected = tracks_[t].motion.after(static_cast<int>(added_ - tracks_[t].last()));
    for (std::size_t s = 0; s < sights.size(); ++s) {
      if (used[s] || matched[t] || (sights[s].score >= options_.score) != sure) continue;
      const double likeness = overlap(expected, centred(sights[s].box));
      if (likeness >= kLeastOverlap) pairs.push_back({likeness, t, s});
    }
  }
  assign(std::move(pairs), matched, used,
         [&](const Pair& pair) { see(tracks_[pair.track], sights[pair.sight]); });
}

// A quick face has left its own box behind.
void FaceTracks::match_nearby(std::vector<FaceSight>& sights, std::vector<bool>& used,
                              std::vector<bool>& matched) {
  std::vector<Pair> pairs;
  for (std::size_t t = 0; t < matched.size(); ++t) {
    const Track& track = tracks_[t];
    const int unseen = static_cast<int>(added_ - track.last());
    const CentredBox expected = track.motion.after(unseen);
    const double nearby = std::min(kNearby + kNearbyAFrame * (unseen - 1), kNearbyMost);
    for (std::size_t s = 0; s < sights.size(); ++s) {
      if (used[s] || matched[t] || sights[s].score < options_.score) continue;
      const CentredBox box = centred(sights[s].box);
      const double ratio = box.side() / expected.side();
      // From where it is expected, or from where it was.
      const auto away = [&box](const CentredBox& from) {
        return std::hypot(box.x - from.x, box.y - from.y) / std::max(box.side(), from.side());
      };
      const double distance = std::min(away(expected), away(track.seen.back().box));
      if (distance <= nearby && ratio <= kLikeSize && ratio >= 1 / kLikeSize)
        pairs.push_back({-distance, t, s});
    }
  }
  assign(std::move(pairs), matched, used,
         [&](const Pair& pair) { see(tracks_[pair.track], sights[pair.sight]); });
}

void FaceTracks::see(Track& track, const FaceSight& sight) {
  const CentredBox seen = centred(sight.box);
  track.motion.see(seen, static_cast<int>(added_ - track.last()));
  track.seen.push_back({added_, seen, sight.score});
}

void FaceTracks::begin(const FaceSight& sight) {
  const CentredBox seen = centred(sight.box);
  tracks_.push_back({count_++, BoxMotion(seen), {{added_, seen, sight.score}}, added_, sight.box});
  extend_back(tracks_.back());
}

// Weak sights of the frames before, each near the one after it.
void FaceTracks::extend_back(Track& track) {
  for (;;) {
    const Seen& earliest = track.seen.front();
    const Seen* best = nullptr;
    double most = kLeastOverlap;
    for (const Seen& weak : weak_) {
      if (weak.frame >= earliest.frame || earliest.frame - weak.frame > kVelocityFrames) continue;
      const double likeness = overlap(weak.box, earliest.box);
      const bool later = best && weak.frame > best->frame;
      if (likeness < kLeastOverlap || (best && weak.frame < best->frame) || (!later && likeness < most))
        continue;
      best = &weak;
      most = likeness;
    }
    if (!best) return;
    track.seen.push_front(*best);
  }
}

void FaceTracks::add(const std::optional<std::vector<FaceSight>>& given) {
  if (given) {
    std::vector<FaceSight> sights = *given;
    std::erase_if(sights, [this](const FaceSight& sight) {
      return sight.score < least_score() || sight.box.width < 1 || sight.box.height < 1;
    });
    std::vector<bool> used(sights.size()), matched;
    // A track that ended long ago is kept for frames that are to be decided yet, and takes no more part.
    for (const Track& track : tracks_) matched.push_back(added_ - track.last() > 2 * options_.reach);
    match(sights, used, matched, true);
    match_nearby(sights, used, matched);
    match(sights, used, matched, false);
    for (std::size_t s = 0; s < sights.size(); ++s) {
      if (used[s]) continue;
      if (sights[s].score >= options_.score)
        begin(sights[s]);
      else
        weak_.push_back({added_, centred(sights[s].box), sights[s].score});
    }
  }
  ++added_;
  forget();
}

void FaceTracks::forget() {
  // What no frame to be decided depends on, and no track will be matched with.
  const std::int64_t oldest = decided_ - options_.smoothing - options_.reach - 2 * kVelocityFrames;
  std::erase_if(tracks_, [&](const Track& track) {
    return track.last() < oldest && added_ - track.last() > 2 * options_.reach;
  });
  for (Track& track : tracks_)
    while (track.seen.size() > 2 && track.seen[1].frame < oldest) track.seen.pop_front();
  while (!weak_.empty() && weak_.front().frame < added_ - delay()) weak_.pop_front();
}

// Where the face may be before its sight number `from`, or after it: the whole way from there to where its
// velocity takes it. Nothing beyond the reach.
std::optional<CentredBox> FaceTracks::tail(const Track& track, std::int64_t frame, std::size_t from,
                                           int reach) {
  const Seen& end = track.seen[from];
  const std::int64_t distance = std::abs(frame - end.frame);
  if (distance > reach) return {};
  // The farthest sight on the other side that is near in time.
  std::size_t other = from;
  const auto near = [&](std::size_t i) {
    return std::abs(track.seen[i].frame - end.frame) <= kVelocityFrames;
  };
  if (frame < end.frame)
    while (other + 1 < track.seen.size() && near(other + 1)) ++other;
  else
    while (other > 0 && near(other - 1)) --other;
  CentredBox there = end.box;
  if (other != from) {
    const Seen& base = track.seen[other];
    const double frames =
        static_cast<double>(frame - end.frame) / static_cast<double>(end.frame - base.frame);
    const double farthest = kFarthest * end.box.side();
    there.x += std::clamp(frames * (end.box.x - base.box.x), -farthest, farthest);
    there.y += std::clamp(frames * (end.box.y - base.box.y), -farthest, farthest);
    const double larger = std::clamp(1 + frames * (end.box.side() / base.box.side() - 1), 1.0, 1.5);
    there = grown(there, larger - 1);
  }
  return grown(hull(end.box, there), growth(distance, reach));
}

// Where the track's face is in a frame, before smoothing.
std::optional<CentredBox> FaceTracks::place(const Track& track, std::int64_t frame) const {
  const auto after = std::ranges::lower_bound(track.seen, frame, {}, &Seen::frame);
  const auto index = static_cast<std::size_t>(after - track.seen.begin());
  if (after != track.seen.end() && after->frame == frame) return after->box;
  // What is farther ahead than the reach may not be known yet: it must not matter.
  const bool has_next = after != track.seen.end() && after->frame - frame <= options_.reach,
             has_last = index > 0;
  if (has_next && has_last && after->frame - track.seen[index - 1].frame <= options_.reach) {
    const Seen& last = track.seen[index - 1];
    const double share =
        static_cast<double>(frame - last.frame) / static_cast<double>(after->frame - last.frame);
    const auto mixed = [share](double a, double b) { return a + share * (b - a); };
    const CentredBox between{mixed(last.box.x, after->box.x), mixed(last.box.y, after->box.y),
                             std::max(last.box.width, after->box.width),
                             std::max(last.box.height, after->box.height)};
    return grown(between, growth(std::min(frame - last.frame, after->frame - frame), options_.reach));
  }
  std::optional<CentredBox> place;
  if (has_next) place = tail(track, frame, index, options_.reach);
  if (has_last)
    if (const auto before = tail(track, frame, index - 1, options_.reach))
      place = place ? hull(*place, *before) : *before;
  return place;
}

std::optional<CentredBox> FaceTracks::smoothed(const Track& track, std::int64_t frame) const {
  const auto here = place(track, frame);
  if (!here) return {};
  CentredBox mean;
  int count = 0;
  for (std::int64_t near = frame - options_.smoothing; near <= frame + options_.smoothing; ++near) {
    const auto there = place(track, near);
    if (!there) continue;
    mean.x += there->x;
    mean.y += there->y;
    mean.width = std::max(mean.width, there->width);
    mean.height = std::max(mean.height, there->height);
    ++count;
  }
  mean.x /= count;
  mean.y /= count;
  return hull(mean, *here);
}

std::optional<std::vector<FacePlace>> FaceTracks::next() {
  if (decided_ >= added_ || (!finished_ && decided_ + delay() >= added_)) return {};
  std::vector<FacePlace> places;
  for (const Track& track : tracks_) {
    const auto box = smoothed(track, decided_);
    if (!box) continue;
    const auto seen = std::ranges::find(track.seen, decided_, &Seen::frame);
    places.push_back({track.number, outward(*box),
                      seen != track.seen.end() ? std::optional(seen->score) : std::nullopt, track.first,
                      track.first_box});
  }
  ++decided_;
  return places;
}

}  // namespace bauta
