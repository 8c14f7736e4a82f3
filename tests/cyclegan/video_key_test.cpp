// What a keyed video is under, and what it says of itself.
#include "cyclegan/video/video_key.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include "cyclegan/video/region_lines.h"
#include "tests/io/error_of.h"
#include "tests/io/temporary_folder.h"

namespace bauta {
namespace {

SecretKey same(const SecretKey& key) { return SecretKey::from_bytes(key.bytes()); }

bool equal(const SecretKey& a, const SecretKey& b) { return std::ranges::equal(a.bytes(), b.bytes()); }

Passphrase passphrase(std::string_view text) { return {SecretBytes(std::as_bytes(std::span(text)))}; }

VideoFrame frame_of(std::uint8_t level) {
  return {PixelLayout::Rgb, 4, 2, 0, std::vector<std::uint8_t>(24, level)};
}

// Whether it opens, with the same key for the faces and the same marks.
bool opens(const VideoKey& made, const Opener& opener) {
  const auto opened = VideoKey::open(made.lock(), opener);
  return opened && equal(opened->of_faces(), made.of_faces()) &&
         opened->mark(frame_of(7)) == made.mark(frame_of(7));
}

}  // namespace

TEST_CASE("video key: a key file alone finds the faces by itself, others open the video's own key") {
  const SecretKey key = SecretKey::generate();
  const VideoKey made = VideoKey::make(same(key), {});
  CHECK(made.lock().own_key);
  CHECK(equal(made.of_faces(), key));
  CHECK(opens(made, same(key)));
  CHECK_FALSE(opens(made, SecretKey::generate()));

  const PrivateKey anna = PrivateKey::generate();
  const VideoKey shared = VideoKey::make(same(key), {anna.public_key()});
  CHECK_FALSE(shared.lock().own_key);
  CHECK_FALSE(equal(shared.of_faces(), key));
  CHECK(opens(shared, same(key)));
  CHECK(opens(shared, PrivateKey::from_bytes(anna.bytes())));
  CHECK_FALSE(opens(shared, PrivateKey::generate()));

  const VideoKey alone = VideoKey::make(KeyForRecipients(), {anna.public_key()});
  CHECK(opens(alone, PrivateKey::from_bytes(anna.bytes())));
  CHECK_FALSE(opens(alone, same(key)));

  const VideoKey said = VideoKey::make(passphrase("several random words"), {});
  CHECK(opens(said, passphrase("several random words")));
  CHECK_FALSE(opens(said, passphrase("several other words")));
  CHECK_FALSE(opens(said, same(key)));
}

TEST_CASE("video key: marks tell frames apart, and are no other video's") {
  const SecretKey key = SecretKey::generate();
  const VideoKey made = VideoKey::make(same(key), {}), other = VideoKey::make(same(key), {});
  VideoFrame frame = frame_of(7);
  const FrameMark mark = made.mark(frame);
  CHECK(mark == made.mark(frame));
  CHECK(mark != other.mark(frame));
  frame.time = 99;  // a part of the video has other times
  CHECK(mark == made.mark(frame));
  frame.bytes.back() ^= 1;
  CHECK(mark != made.mark(frame));
}

TEST_CASE("region lines: written and read again, found by their marks, and whatever is wrong is an error") {
  const TemporaryFolder folder;
  const ImageSize size{640, 480};
  const VideoLock lock = VideoKey::make(SecretKey::generate(), {}).lock();
  const KeyedRegion region{{10, 20, 64, 70}, 16, 7, {}}, other{{100, 20, 64, 70}, 16, 10, {}};
  constexpr FrameMark kFirst = 0xfedcba9876543210, kSecond = 5;
  const std::string head = first_line(size, lock), body = frame_line(kFirst, {region, other}) +
                                                          frame_line(kSecond, {}) +
                                                          frame_line(kFirst, {other});
  const auto open = [&](const std::string& text) {
    const auto path = put_file(folder / "lines", text);
    return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  };
  const Descriptor file = open(head + body + last_line(3));
  const RegionLines lines(file.number(), "lines");
  CHECK(lines.picture() == size);
  CHECK(lines.lock().own_key);
  CHECK(lines.lock().ways.bytes() == lock.ways.bytes());
  CHECK(lines.frames() == 3);
  CHECK(lines.frames_with_regions() == 2);
  CHECK(lines.regions() == 3);
  CHECK(lines.residuals() == std::vector{7, 10});
  CHECK(lines.regions_of(0) == std::vector{region, other});
  CHECK(lines.regions_of(1).empty());
  CHECK(lines.regions_of(2) == std::vector{other});
  // The first from there on, else the first of all.
  CHECK(lines.find(kFirst, 0) == 0);
  CHECK(lines.find(kFirst, 1) == 2);
  CHECK(lines.find(kFirst, 3) == 0);
  CHECK(lines.find(kSecond, 2) == 1);
  CHECK_FALSE(lines.find(6, 0).has_value());

  const auto read = [&](const std::string& text) {
    const Descriptor wrong = open(text);
    return error_of("lines", [&] { RegionLines(wrong.number(), "lines"); });
  };
  CHECK(read(head + body + last_line(3)) == "no error");
  CHECK(contains(read(head + body + last_line(2)), "another number of frames"));
  CHECK(contains(read(head + body + last_line(3) + "[]\n"), "another number of frames"));
  CHECK(contains(read((head + body + last_line(3)).substr(0, head.size() + body.size() + 5)),
                 "ends too early"));
  CHECK(contains(read(body), "none of a keyed video's"));
  CHECK(contains(read("{}\n"), "none of a keyed video's"));
  std::string unopened = head;
  unopened.replace(unopened.find("6261757461"), 2, "00");  // "bauta", in the ways' magic
  CHECK(contains(read(unopened + last_line(0)), "who may open it"));
  for (const std::string wrong :
       {"[[10,20,64,70,16,7]]", "[\"fedcba987654321\"]", "[\"fedcba987654321g\"]", "[\"-edcba9876543210\"]",
        "[1]", "{}", "nonsense", "[]", "[\"0000000000000000\",[10,20,64,70,16]]",
        "[\"0000000000000000\",[10,20,64,-70,16,7]]", "[\"0000000000000000\",[10,20,64,70,16,32]]",
        "[\"0000000000000000\",[600,20,64,70,16,7]]", "[\"0000000000000000\",[10,20,64,70,0,7]]",
        "[\"0000000000000000\",[99999999999,0,1,1,1,7]]", "[\"0000000000000000\",[10,20,64.5,70,16,7]]"})
    CHECK(read(head + wrong + "\n" + last_line(1)) != "no error");
}

}  // namespace bauta
