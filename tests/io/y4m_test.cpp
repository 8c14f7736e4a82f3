// YUV4MPEG2 in and out, also as nobody should send it.
#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <utility>

#include "io/video/y4m.h"
#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"
#include "tests/io/test_image.h"

namespace bauta {
namespace {

struct Read {
  VideoFormat format;
  std::vector<VideoFrame> frames;
  std::string error;
};

Read read_all(const TemporaryFolder& folder, const std::string& bytes) {
  const auto path = put_file(folder / "in.y4m", bytes);
  Read read;
  read.error = error_of(path, [&] {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    Y4mReader reader(file.number(), path);
    read.format = reader.format();
    for (VideoFrame frame; reader.read(frame);) read.frames.push_back(frame);
  });
  return read;
}

std::string text(std::span<const std::uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

std::string frame_of(std::size_t bytes, std::uint32_t seed, const std::string& parameters = "") {
  const Image pixels = test_image(static_cast<int>(bytes), 1, seed);
  return "FRAME" + parameters + "\n" + text(std::span(pixels.pixels).first(bytes));
}

}  // namespace

TEST_CASE("y4m: each chroma layout of 8 bits comes in as it is and goes out the same") {
  // Odd sides: chroma is rounded up.
  for (const auto& [chroma, bytes] : {std::pair<const char*, std::size_t>{"420jpeg", 35 + 2 * 12},
                                      {"420mpeg2", 35 + 2 * 12},
                                      {"420paldv", 35 + 2 * 12},
                                      {"420", 35 + 2 * 12},
                                      {"422", 35 + 2 * 20},
                                      {"444", 35 + 2 * 35},
                                      {"mono", 35}}) {
    CAPTURE(chroma);
    const TemporaryFolder folder;
    const std::string header =
        std::string("YUV4MPEG2 W7 H5 F30000:1001 It A1:2 C") + chroma + " XCOLORRANGE=FULL\n";
    const Read read = read_all(folder, header + frame_of(bytes, 1) + frame_of(bytes, 2, " Ip"));
    REQUIRE(read.error == "no error");
    REQUIRE(read.frames.size() == 2);
    CHECK(read.format.rate == Ratio{30000, 1001});
    CHECK(read.format.time_base == Ratio{1001, 30000});
    CHECK(read.format.pixel_aspect == Ratio{1, 2});
    CHECK(read.format.colours.range == "pc");
    CHECK(read.format.interlacing == 't');
    CHECK(read.frames[1].time == 1);
    CHECK("FRAME\n" + text(read.frames[0].bytes) == frame_of(bytes, 1));

    const auto out = folder / "out.y4m";
    {
      const Descriptor file(::open(out.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
      Y4mWriter writer(file.number(), out, read.format);
      for (const VideoFrame& frame : read.frames) writer.write(frame);
      writer.finish();
      CHECK_THROWS_AS(writer.write({PixelLayout::Grey, 1, 1, 0, {0}}), std::invalid_argument);
    }
    CHECK(get_file(out) == header + frame_of(bytes, 1) + frame_of(bytes, 2));
  }
}

TEST_CASE("y4m: a header may say little, and what it says of nobody's business is dropped") {
  const TemporaryFolder folder;
  const Read read = read_all(folder, "YUV4MPEG2 H2 W2 XAUTHOR=somebody\n" + frame_of(6, 1));
  REQUIRE(read.error == "no error");
  CHECK(read.format.layout == PixelLayout::Yuv420);
  CHECK(read.format.rate == Ratio{25, 1});
  const auto out = folder / "out.y4m";
  const Descriptor file(::open(out.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  Y4mWriter writer(file.number(), out, read.format);
  CHECK(!contains(get_file(out), "somebody"));
}

TEST_CASE("y4m: other formats and damaged streams are refused, and nothing large is believed") {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& bytes) { return read_all(folder, bytes).error; };
  const std::string header = "YUV4MPEG2 W4 H2 F25:1 C420jpeg\n";
  CHECK(contains(error(""), "is empty"));
  CHECK(contains(error("YUV4MPEG2 W4 H2"), "ends within a header"));
  CHECK(contains(error("\x89PNG\r\n"), "is no YUV4MPEG2 stream"));
  CHECK(contains(error("YUV4MPEG22 W4 H2\n"), "is no YUV4MPEG2 stream"));
  CHECK(contains(error(std::string(1 << 20, 'Y')), "sane length"));
  CHECK(contains(error(header), "has no frame"));
  CHECK(contains(error(header + frame_of(11, 1)), "ends within its frame 0"));
  CHECK(contains(error(header + frame_of(12, 1) + "FRAM"), "ends within a header"));
  CHECK(contains(error(header + frame_of(12, 1) + "FRAMES\n"), "no frame where its frame 1 should begin"));
  CHECK(contains(error(header + frame_of(12, 1) + std::string(5000, 'x')), "sane length"));
  for (const std::string chroma : {"420p10", "444alpha", "411", "mono16", "422p16", ""})
    CHECK(contains(error("YUV4MPEG2 W4 H2 C" + chroma + "\n"), "has the pixel format C" + chroma));
  for (const std::string size : {"W0 H2", "W4 H0", "W4", "H2", "W99999999 H99999999", "W9000 H9000", "W-4 H2",
                                 "Wx H2", "W4294967297 H2", "W99999999999999999999 H2"})
    CHECK(contains(error("YUV4MPEG2 " + size + "\n" + frame_of(12, 1)), "YUV4MPEG2"));
  for (const std::string odd : {"F0:1", "F25", "F1:0", "F-1:1", "Im", "Q7"})
    CHECK(contains(error("YUV4MPEG2 W4 H2 " + odd + "\n" + frame_of(12, 1)), "YUV4MPEG2"));
  CHECK(planes_of(PixelLayout::Yuv420, 8192, 8192).bytes == std::size_t{8192} * 8192 * 3 / 2);
  CHECK_THROWS_AS(planes_of(PixelLayout::Yuv420, 8193, 8192), std::invalid_argument);
}

TEST_CASE("y4m: RGB has no place in it") {
  const TemporaryFolder folder;
  const auto out = folder / "out.y4m";
  VideoFormat format;
  format.layout = PixelLayout::Rgb;
  format.width = format.height = 4;
  CHECK(contains(error_of(out, [&] { Y4mWriter(1, out, format); }), "which has no RGB"));
}

}  // namespace bauta
