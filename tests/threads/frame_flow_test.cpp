// Frames read ahead and written behind: all of them, in order, and errors where they are asked for.
#include "apps/frame_flow.h"

#include <doctest/doctest.h>

#include <stdexcept>

namespace bauta {
namespace {

class CountedSource final : public VideoSource {
 public:
  CountedSource(int frames, bool fails) : left_(frames), fails_(fails) {}
  bool read(VideoFrame& frame) override {
    if (left_ == 0 && fails_) throw std::runtime_error("cannot be read");
    if (left_ == 0) return false;
    --left_;
    frame.time = read_++;
    return true;
  }

 private:
  int left_;
  bool fails_;
  std::int64_t read_ = 0;
};

class CountedSink final : public VideoSink {
 public:
  explicit CountedSink(std::int64_t room) : room_(room) {}
  void write(const VideoFrame& frame) override {
    if (static_cast<std::int64_t>(times.size()) == room_) throw std::runtime_error("cannot be written");
    times.push_back(frame.time);
  }
  void finish() override {}
  std::vector<std::int64_t> times;

 private:
  std::int64_t room_;
};

}  // namespace

TEST_CASE("frame flow: every frame goes through, in order") {
  CountedSource source(100, false);
  CountedSink sink(1000);
  FrameWriter writer(sink, 3);
  FrameReader reader(source, 5);
  for (auto frames = reader.take(7); !frames.empty(); frames = reader.take(7))
    for (VideoFrame& frame : frames) writer.give(std::move(frame));
  writer.drain();
  REQUIRE(sink.times.size() == 100);
  for (std::size_t i = 0; i < 100; ++i) CHECK(sink.times[i] == static_cast<std::int64_t>(i));
}

TEST_CASE(
    "frame flow: what reading threw comes after what was read, and who leaves early is not waited for") {
  CountedSource source(4, true);
  FrameReader reader(source, 2);
  CHECK(reader.take(4).size() == 4);
  CHECK_THROWS_WITH(reader.take(1), "cannot be read");
  CountedSource long_one(1'000'000, false);
  const FrameReader left(long_one, 2);
}

TEST_CASE("frame flow: what writing threw is thrown at each frame that is given afterwards") {
  CountedSink sink(2);
  FrameWriter writer(sink, 1);
  const auto give_many = [&writer] {
    for (int i = 0; i < 100; ++i) writer.give({});
  };
  CHECK_THROWS_WITH(give_many(), "cannot be written");
  CHECK_THROWS_WITH(give_many(), "cannot be written");
  CHECK_THROWS_WITH(writer.drain(), "cannot be written");
}

}  // namespace bauta
