// NUT, in which pictures go to and from ffmpeg.
#include "io/video/nut.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include "io/child_process.h"
#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"
#include "tests/io/test_frame.h"

namespace bauta {
namespace {

std::vector<VideoFrame> test_frames(const VideoFormat& format) {
  std::vector<VideoFrame> frames;
  for (const std::int64_t time : {0, 1, 7, 8, 100'000, 2'000'000'000}) {
    frames.push_back(
        test_frame(format.layout, format.width, format.height, static_cast<std::uint32_t>(time)));
    frames.back().time = time;
  }
  return frames;
}

std::string written(const TemporaryFolder& folder, const VideoFormat& format,
                    const std::vector<VideoFrame>& frames) {
  const auto path = folder / "out.nut";
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  NutWriter writer(file.number(), path, format);
  for (const VideoFrame& frame : frames) writer.write(frame);
  return get_file(path);
}

void check_reads(const std::filesystem::path& path, const VideoFormat& format,
                 const std::vector<VideoFrame>& frames) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  NutReader reader(file.number(), path, format.layout);
  CHECK(reader.format().width == format.width);
  CHECK(reader.format().height == format.height);
  const Ratio &base = reader.format().time_base, &wanted = format.time_base;
  for (const VideoFrame& frame : frames) {
    VideoFrame read;
    REQUIRE(reader.read(read));
    CHECK(read.bytes == frame.bytes);
    CHECK(read.time * base.numerator * wanted.denominator ==
          frame.time * wanted.numerator * base.denominator);
  }
  VideoFrame none;
  CHECK(!reader.read(none));
}

bool has_ffmpeg() {
  try {
    ChildProcess({{"ffmpeg", "-version"}, false, false, {}}).wait();
    return true;
  } catch (const ProgramMissing&) {
    return false;
  }
}

}  // namespace

TEST_CASE("nut: what is written is read again, frames and times, in each layout") {
  for (const PixelLayout layout : kPixelLayouts) {
    const TemporaryFolder folder;
    VideoFormat format;
    format.layout = layout;
    format.width = 33;
    format.height = 17;
    format.time_base = {1, 90000};
    const auto frames = test_frames(format);
    written(folder, format, frames);
    check_reads(folder / "out.nut", format, frames);
  }
}

TEST_CASE("nut: ffmpeg reads what we write, and we read what it writes") {
  if (!has_ffmpeg()) {
    MESSAGE("SKIP: ffmpeg is not installed");
    return;
  }
  for (const PixelLayout layout : kPixelLayouts) {
    const TemporaryFolder folder;
    VideoFormat format;
    format.layout = layout;
    format.width = 34;
    format.height = 18;
    format.time_base = {1001, 30000};
    format.pixel_aspect = {4, 3};
    auto frames = test_frames(format);
    frames.pop_back();  // ffmpeg takes so long a jump for an error
    const std::string stream = written(folder, format, frames);
    ChildProcess ffmpeg({{"ffmpeg", "-v", "error", "-copyts", "-f", "nut", "-i", "pipe:0", "-c:v", "copy",
                          "-f", "nut", folder / "copy.nut"},
                         true,
                         false,
                         {}});
    write_all(ffmpeg.input(), stream, "ffmpeg");
    const ChildProcess::End end = ffmpeg.wait();
    CAPTURE(end.said);
    REQUIRE(end.well);
    CHECK(end.said.empty());
    check_reads(folder / "copy.nut", format, frames);
  }
}

TEST_CASE("nut: whatever is cut off or changed is an error or another picture, never more than a frame") {
  const TemporaryFolder folder;
  VideoFormat format;
  format.width = format.height = 8;
  auto frames = test_frames(format);
  frames.resize(2);
  const std::string whole = written(folder, format, frames);
  const auto read = [&](const std::string& bytes) {
    const auto path = put_file(folder / "in.nut", bytes);
    return error_of(path, [&] {
      const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
      NutReader reader(file.number(), path, format.layout);
      for (VideoFrame frame; reader.read(frame);)
        CHECK(frame.bytes.size() <= std::size_t{kMostFramePixels} * 3);
    });
  };
  CHECK(read(whole) == "no error");
  CHECK(contains(read("RIFF...."), "is no NUT stream"));
  for (std::size_t end = 0; end < whole.size(); end += 3) CHECK(read(whole.substr(0, end)) != "wrong path");
  for (std::size_t at = 25; at < whole.size(); ++at)
    for (const int change : {1, 0x80, 0xff}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ change);
      CHECK(read(changed) != "not one line");
    }
}

}  // namespace bauta
