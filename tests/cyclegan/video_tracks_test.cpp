// Which boxes are covered, from detections alone: no pictures.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "cyclegan/video/face_tracks.h"

namespace bauta {
namespace {

using Sights = std::optional<std::vector<FaceSight>>;

// All frames' places, asked for as soon as they are decided.
std::vector<std::vector<FacePlace>> follow(const TrackOptions& options, int frames,
                                           const std::function<Sights(int)>& sights) {
  FaceTracks tracks(options);
  std::vector<std::vector<FacePlace>> places;
  for (int frame = 0; frame < frames; ++frame) {
    tracks.add(sights(frame));
    while (auto decided = tracks.next()) places.push_back(*std::move(decided));
    CHECK(frame + 1 - static_cast<int>(places.size()) <= tracks.delay());
  }
  tracks.finish();
  while (auto decided = tracks.next()) places.push_back(*std::move(decided));
  REQUIRE(places.size() == static_cast<std::size_t>(frames));
  return places;
}

// Share of a box that is within some place.
double covered(const std::vector<FacePlace>& places, const Box& truth) {
  std::int64_t in = 0;
  for (int y = truth.y; y < truth.y + truth.height; ++y)
    for (int x = truth.x; x < truth.x + truth.width; ++x)
      in += std::ranges::any_of(places, [&](const FacePlace& place) {
        return intersection(place.box, {x, y, 1, 1}).area() > 0;
      });
  return static_cast<double>(in) / static_cast<double>(truth.area());
}

// A face that swings through the picture and comes nearer.
Box swinging(int frame) {
  const int side = 40 + frame / 4;
  return {static_cast<int>(200 + 120 * std::sin(frame * 0.07)),
          static_cast<int>(150 + 30 * std::cos(frame * 0.11)), side, side};
}

bool holds(const Box& outer, const Box& inner) { return intersection(outer, inner) == inner; }

}  // namespace

TEST_CASE("tracks: every detection lies within its place, and one face is one track") {
  const auto places = follow({}, 120, [](int frame) { return Sights({{swinging(frame), 0.9f}}); });
  for (int frame = 0; frame < 120; ++frame) {
    const auto& here = places[static_cast<std::size_t>(frame)];
    REQUIRE(here.size() == 1);
    CHECK(here[0].track == 0);
    CHECK(here[0].found == 0.9f);
    CHECK(holds(here[0].box, swinging(frame)));
    CHECK(here[0].first == 0);
    CHECK(here[0].first_box == swinging(0));
    // Not much larger than it need be.
    CHECK(here[0].box.area() < 2.5 * static_cast<double>(swinging(frame).area()));
  }
}

TEST_CASE("tracks: a face is covered from before it is found until after it was, and no longer") {
  const TrackOptions options{0.6f, 10, 3};
  const Box still{100, 100, 40, 40};
  const auto places = follow(options, 100, [&](int frame) {
    return Sights(frame >= 40 && frame < 50 ? std::vector<FaceSight>{{still, 0.9f}}
                                            : std::vector<FaceSight>());
  });
  for (int frame = 0; frame < 100; ++frame) {
    const auto& here = places[static_cast<std::size_t>(frame)];
    const bool within = frame >= 30 && frame < 60;
    CAPTURE(frame);
    CHECK(here.size() == (within ? 1 : 0));
    if (!within) continue;
    CHECK(holds(here[0].box, still));
    CHECK(here[0].found.has_value() == (frame >= 40 && frame < 50));
    CHECK(here[0].first == 40);
  }
}

TEST_CASE("tracks: gaps are bridged where the face goes on moving") {
  for (const int gap : {1, 3, 8, 15, 25}) {
    const auto places = follow({}, 150, [gap](int frame) {
      const bool missed = frame % 40 >= 40 - gap;
      return Sights(missed ? std::vector<FaceSight>() : std::vector<FaceSight>{{swinging(frame), 0.9f}});
    });
    for (int frame = 0; frame < 150; ++frame) {
      CAPTURE(gap);
      CAPTURE(frame);
      CHECK(covered(places[static_cast<std::size_t>(frame)], swinging(frame)) > (gap <= 15 ? 0.95 : 0.7));
    }
  }
}

TEST_CASE("tracks: a face that comes in and leaves quickly is covered from the border on") {
  // From the left to the right, 12 pixels a frame, found only while it is far inside.
  const auto truth = [](int frame) { return Box{-60 + 12 * frame, 80, 60, 60}; };
  const auto places = follow({}, 60, [&](int frame) {
    const Box box = truth(frame);
    const bool found = box.x > 60 && box.x < 420;
    return Sights(found ? std::vector<FaceSight>{{box, 0.9f}} : std::vector<FaceSight>());
  });
  for (int frame = 0; frame < 55; ++frame) {
    CAPTURE(frame);
    CHECK(covered(places[static_cast<std::size_t>(frame)], truth(frame)) > 0.95);
  }
}

TEST_CASE("tracks: weak sights go on with a face, backwards too, and begin none") {
  const Box still{100, 100, 40, 40};
  const auto sight = [&](int frame) -> std::vector<FaceSight> {
    if (frame < 20) return {{{300, 50, 40, 40}, 0.4f}};  // never sure: no face
    if (frame < 36) return {{still, 0.35f}};
    return {{still, frame == 36 ? 0.9f : 0.35f}};
  };
  const auto places = follow({0.6f, 5, 2}, 80, [&](int frame) { return Sights(sight(frame)); });
  for (int frame = 0; frame < 80; ++frame) {
    const auto& here = places[static_cast<std::size_t>(frame)];
    CAPTURE(frame);
    // As far back as is still undecided when the sure sight comes, and that far again.
    if (frame >= 24) CHECK(covered(here, still) == 1);
    for (const FacePlace& place : here) CHECK(holds(place.box, still));
  }
  CHECK(places[10].empty());
}

TEST_CASE("tracks: two faces that cross stay covered both") {
  const auto left = [](int frame) { return Box{20 + 8 * frame, 100, 50, 50}; };
  const auto right = [](int frame) { return Box{420 - 8 * frame, 110, 50, 50}; };
  const auto places = follow({}, 50, [&](int frame) {
    std::vector<FaceSight> sights{{left(frame), 0.9f}, {right(frame), 0.8f}};
    if (intersection_over_union(left(frame), right(frame)) > 0.3)
      sights.pop_back();  // hidden behind the other
    return Sights(sights);
  });
  for (int frame = 0; frame < 50; ++frame) {
    CAPTURE(frame);
    CHECK(covered(places[static_cast<std::size_t>(frame)], left(frame)) > 0.95);
    CHECK(covered(places[static_cast<std::size_t>(frame)], right(frame)) > 0.95);
  }
}

TEST_CASE("tracks: frames that were not looked at are interpolated") {
  for (const int every : {2, 3, 5}) {
    const auto places = follow({}, 90, [every](int frame) {
      return frame % every == 0 ? Sights({{swinging(frame), 0.9f}}) : std::nullopt;
    });
    for (int frame = 0; frame < 90; ++frame) {
      CAPTURE(every);
      CAPTURE(frame);
      CHECK(covered(places[static_cast<std::size_t>(frame)], swinging(frame)) > 0.97);
      CHECK(places[static_cast<std::size_t>(frame)].size() == 1);
    }
  }
}

TEST_CASE(
    "tracks: what is decided does not depend on when it is asked for, and long videos leave nothing behind") {
  const auto sights = [](int frame) {
    std::vector<FaceSight> found;
    if (frame % 50 < 30) found.push_back({swinging(frame % 97), frame % 7 == 0 ? 0.4f : 0.9f});
    if (frame % 90 > 60) found.push_back({{10 + frame % 90, 200, 30, 34}, 0.7f});
    return found;
  };
  const auto prompt = follow({}, 2000, [&](int frame) { return Sights(sights(frame)); });
  FaceTracks late{TrackOptions{}};
  std::vector<std::vector<FacePlace>> places;
  for (int frame = 0; frame < 2000; ++frame) {
    late.add(sights(frame));
    if (frame % 23 == 22)
      while (auto decided = late.next()) places.push_back(*std::move(decided));
  }
  late.finish();
  while (auto decided = late.next()) places.push_back(*std::move(decided));
  REQUIRE(places.size() == prompt.size());
  for (std::size_t frame = 0; frame < places.size(); ++frame) {
    REQUIRE(places[frame].size() == prompt[frame].size());
    for (std::size_t i = 0; i < places[frame].size(); ++i) {
      CHECK(places[frame][i].track == prompt[frame][i].track);
      CHECK(places[frame][i].box == prompt[frame][i].box);
    }
  }
}

TEST_CASE("tracks: the Kalman filter learns a velocity and boxes stay whole") {
  BoxMotion motion(centred({100, 50, 40, 40}));
  for (int frame = 1; frame <= 20; ++frame) motion.see(centred({100 + 6 * frame, 50 - 2 * frame, 40, 40}), 1);
  const CentredBox ahead = motion.after(5);
  CHECK(ahead.x == doctest::Approx(100 + 6 * 25 + 20).epsilon(0.02));
  CHECK(ahead.y == doctest::Approx(50 - 2 * 25 + 20).epsilon(0.1));
  for (const Box& box : {Box{-7, 3, 11, 12}, Box{0, 0, 1, 1}, Box{1001, 77, 64, 63}})
    CHECK(outward(centred(box)) == box);
  CHECK(outward(hull(centred({0, 0, 10, 10}), centred({5, 20, 10, 10}))) == Box{0, 0, 15, 30});
}

}  // namespace bauta
