// Other programs run beside this one, and NUT, in which pictures go to and from ffmpeg.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "io/child_process.h"
#include "io/video/nut.h"
#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"
#include "tests/io/test_image.h"

namespace bauta {
namespace {

std::string read_to_end(int descriptor) {
  std::vector<std::uint8_t> bytes(1 << 20);
  bytes.resize(DescriptorReader(descriptor, "a child").read(bytes));
  return {bytes.begin(), bytes.end()};
}

std::vector<VideoFrame> test_frames(const VideoFormat& format) {
  std::vector<VideoFrame> frames;
  const auto bytes = planes_of(format.layout, format.width, format.height).bytes;
  for (const std::int64_t time : {0, 1, 7, 8, 100'000, 2'000'000'000}) {
    VideoFrame frame{format.layout, format.width, format.height, time,
                     test_image(static_cast<int>(bytes), 1, static_cast<std::uint32_t>(time)).pixels};
    frame.bytes.resize(bytes);
    frames.push_back(std::move(frame));
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

TEST_CASE("child process: what it is told, gets, says and how it ends") {
  ChildProcess cat({{"cat"}, true, true, {}});
  write_all(cat.input(), std::string_view("through a pipe"), "a child");
  cat.close_input();
  CHECK(read_to_end(cat.output()) == "through a pipe");
  CHECK(cat.wait().well);

  // No shell looks at it.
  ChildProcess echo({{"printf", "%s|", "$HOME; true", "a b", "`id`"}, false, true, {}});
  CHECK(read_to_end(echo.output()) == "$HOME; true|a b|`id`|");
  CHECK(echo.wait().well);

  ChildProcess failing({{"sh", "-c", "echo first >&2; echo last >&2; echo >&2; exit 7"}, false, false, {}});
  const ChildProcess::End end = failing.wait();
  CHECK(!end.well);
  CHECK(end.how == "exit code 7");
  CHECK(end.said == "last");

  ChildProcess killed({{"sh", "-c", "kill -9 $$"}, false, false, {}});
  CHECK(killed.wait().how == "signal 9");
  CHECK_THROWS_AS(ChildProcess({{"no-such-program-anywhere"}, false, false, {}}), ProgramMissing);
}

TEST_CASE(
    "child process: endless complaints take no memory, descriptors are given, whoever is left is ended") {
  ChildProcess chatty(
      {{"sh", "-c", "yes 0123456789 | head -c 3000000 | tr -d '\\n' >&2; echo >&2"}, false, false, {}});
  CHECK(chatty.wait().said.size() <= 400);

  const TemporaryFolder folder;
  const Descriptor file = unnamed_file(folder / "beside");
  CHECK(folder.entries() == 0);
  ChildProcess giver({{"sh", "-c", "echo given >&3; echo again >&5"},
                      false,
                      false,
                      {{file.number(), 3}, {file.number(), 5}}});
  CHECK(giver.wait().well);
  ::lseek(file.number(), 0, SEEK_SET);
  CHECK(read_to_end(file.number()) == "given\nagain\n");

  const auto start = std::chrono::steady_clock::now();
  { ChildProcess sleeper({{"sleep", "60"}, false, false, {}}); }
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));

  // A child of ours dies of a broken pipe even where we don't.
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  ChildProcess broken({{"sh", "-c", "kill -PIPE $$; exit 3"}, false, false, {}});
  CHECK(broken.wait().how == "signal 13");
  ChildProcess gone({{"true"}, true, false, {}});
  const std::vector<std::uint8_t> much(1 << 20);
  CHECK(contains(error_of("a child", [&] { write_all(gone.input(), much, "a child"); }),
                 "cannot be written to"));
  std::signal(SIGPIPE, before);
}

TEST_CASE("nut: what is written is read again, frames and times, in each layout") {
  for (const PixelLayout layout :
       {PixelLayout::Grey, PixelLayout::Yuv420, PixelLayout::Yuv422, PixelLayout::Yuv444, PixelLayout::Rgb}) {
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
  for (const PixelLayout layout :
       {PixelLayout::Grey, PixelLayout::Yuv420, PixelLayout::Yuv422, PixelLayout::Yuv444, PixelLayout::Rgb}) {
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
