#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <stdexcept>

#include "io/codec_error.h"
#include "io/exif.h"
#include "io/image.h"
#include "io/jpeg_codec.h"
#include "io/photograph.h"
#include "io/png_codec.h"
#include "tests/io/error_of.h"
#include "tests/io/jpeg_bytes.h"
#include "tests/io/picture_bytes.h"
#include "tests/io/temporary_folder.h"
#include "tests/io/test_image.h"

using namespace bauta;

namespace {

// Smooth, so that JPEG keeps it nearly as it is.
Image gradient(int width, int height) {
  Image image = blank_image(width, height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.at(x, y)[0] = static_cast<std::uint8_t>(255 * x / width);
      image.at(x, y)[1] = static_cast<std::uint8_t>(255 * y / height);
      image.at(x, y)[2] = 100;
    }
  }
  return image;
}

std::string jpeg_of(const Image& image) { return encode_jpeg(image, 95); }

std::string with_exif(std::string jpeg, const std::string& tiff) { return jpeg.insert(2, jpeg_exif(tiff)); }

int largest_difference(const Image& a, const Image& b) {
  REQUIRE(a.width == b.width);
  REQUIRE(a.height == b.height);
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  return largest;
}

// read_image of a file with these bytes.
Image read_bytes(const std::string& bytes) {
  const TemporaryFolder folder;
  return read_image(put_file(folder / "picture", bytes));
}

std::string read_error(const std::string& bytes) {
  const TemporaryFolder folder;
  const auto path = put_file(folder / "picture", bytes);
  return error_of(path, [&] { read_image(path); });
}

}  // namespace

TEST_CASE("a PNG comes back bit for bit") {
  const TemporaryFolder folder;
  for (const auto& [width, height] : {std::pair(1, 1), std::pair(7, 5), std::pair(64, 33)}) {
    const Image image = test_image(width, height);
    write_png(folder / "a.png", image, {}, true);
    CHECK(read_image(folder / "a.png") == image);
    CHECK(read_stored_size(folder / "a.png") == ImageSize{width, height});
  }
  CHECK(folder.entries() == 1);
  CHECK(encode_png(test_image(9, 9)) == encode_png(test_image(9, 9)));
  CHECK(error_of(folder / "a.png", [&] { write_png(folder / "a.png", test_image(2, 2)); }) ==
        "exists; pass --force to replace it");
}

TEST_CASE("a picture whose size does not fit its pixels is not written") {
  CHECK_THROWS_AS(encode_png(Image{}), std::invalid_argument);
  CHECK_THROWS_AS(encode_png(Image{2, 2, std::vector<std::uint8_t>(11)}), std::invalid_argument);
}

TEST_CASE("an animated PNG is refused, one of a single picture is read") {
  const auto with_pictures = [](int count) {
    std::string bytes = encode_png(test_image(4, 3));
    return bytes.insert(
        33, png_chunk("acTL", big_endian(static_cast<std::uint64_t>(count), 4) + big_endian(0, 4)));
  };
  CHECK(contains(read_error(with_pictures(7)), "is an animation of 7 pictures"));
  CHECK(read_bytes(with_pictures(1)) == test_image(4, 3));
  std::string cut = encode_png(test_image(4, 3));
  CHECK(read_bytes(cut.insert(33, png_chunk("acTL", "abc"))) == test_image(4, 3));
  const TemporaryFolder folder;
  const auto path = put_file(folder / "a.png", with_pictures(2));
  CHECK(contains(error_of(path, [&] { read_photograph(path); }), "bauta video"));
}

TEST_CASE("a JPEG of several pictures tells how many there are beside the first") {
  const std::string tiff = mpf_index({0x030000, 0x020002, 0x020002}, false);
  const std::string content = std::string("MPF\0", 4) + tiff;
  std::string jpeg = jpeg_of(gradient(24, 24));
  jpeg.insert(2, "\xff\xe2" + big_endian(content.size() + 2, 2) + content);
  CHECK(decode_jpeg_photograph(jpeg).pictures_beside == 2);
  CHECK(decode_jpeg_photograph(jpeg_of(gradient(24, 24))).pictures_beside == 0);
}

TEST_CASE("texts travel in a PNG") {
  const TemporaryFolder folder;
  const auto path = folder / "a.png";
  const std::string large(300'000, 'x');
  write_png(path, test_image(4, 4), {{"bauta:regions", "{\"é\": 1}\n"}, {"other", large}, {"none", ""}});
  CHECK(read_png_text(path, "bauta:regions") == "{\"é\": 1}\n");
  CHECK(read_png_text(path, "other") == large);
  CHECK(read_png_text(path, "none") == "");
  CHECK(read_png_text(path, "bauta") == std::nullopt);
  CHECK(read_image(path) == test_image(4, 4));
  CHECK(std::filesystem::file_size(path) < 5000);
}

TEST_CASE("texts that PNG cannot hold are refused") {
  const Image image = test_image(2, 2);
  for (const std::string keyword : {"", " a", "a ", "a\nb", "\xc3\xa9"}) {
    CHECK_THROWS_AS(encode_png(image, {{keyword, "x"}}), std::invalid_argument);
  }
  CHECK_THROWS_AS(encode_png(image, {{std::string(80, 'k'), "x"}}), std::invalid_argument);
  CHECK_THROWS_AS(encode_png(image, {{"k", std::string("a\0b", 3)}}), std::invalid_argument);
}

TEST_CASE("texts of other programs are found, also behind the pixels") {
  const TemporaryFolder folder;
  std::string bytes = encode_png(test_image(3, 3));
  bytes.insert(33, png_chunk("tEXt", std::string("first\0one", 9)));
  bytes.insert(bytes.size() - 12, png_chunk("zTXt", std::string("last\0\0", 6) + deflated("two")));
  const auto path = put_file(folder / "a.png", bytes);
  CHECK(read_png_text(path, "first") == "one");
  CHECK(read_png_text(path, "last") == "two");
  CHECK(read_image(path) == test_image(3, 3));
}

TEST_CASE("a text is not looked for in what is no PNG") {
  const TemporaryFolder folder;
  const auto path = put_file(folder / "a.jpg", jpeg_of(gradient(16, 16)));
  CHECK(contains(error_of(path, [&] { read_png_text(path, "k"); }), "is no PNG picture"));
  const auto cut = put_file(folder / "b.png", encode_png(test_image(3, 3)).substr(0, 50));
  CHECK(contains(error_of(cut, [&] { read_png_text(cut, "k"); }), "is damaged"));
}

TEST_CASE("every kind of PNG becomes 8-bit RGB") {
  const auto first = [](const std::string& bytes) { return read_bytes(bytes).pixels; };
  using Pixels = std::vector<std::uint8_t>;
  CHECK(first(png_file(2, 1, 8, 0, std::string("\0\x40\xff", 3))) == Pixels{64, 64, 64, 255, 255, 255});
  CHECK(first(png_file(2, 1, 1, 0, std::string("\0\x40", 2))) == Pixels{0, 0, 0, 255, 255, 255});
  CHECK(first(png_file(1, 1, 16, 0, std::string("\0\x80\xff", 3))) == Pixels{128, 128, 128});
  CHECK(first(png_file(1, 1, 16, 2, std::string("\0\xff\xff\x01\x00\x00\x7f", 7))) == Pixels{255, 1, 0});
  CHECK(first(png_file(1, 1, 8, 3, std::string("\0\0", 2), png_chunk("PLTE", "\x0a\x14\x1e"))) ==
        Pixels{10, 20, 30});
  const std::string half_red("\0\xff\x00\x00\x80", 5);
  CHECK(first(png_file(1, 1, 8, 6, half_red)) == Pixels{255, 127, 127});
  const std::string clear_and_opaque("\0\x64\x00\x64\xff", 5);
  CHECK(first(png_file(2, 1, 8, 4, clear_and_opaque)) == Pixels{255, 255, 255, 100, 100, 100});
  const std::string transparent_grey = png_chunk("tRNS", std::string("\0\x40", 2));
  CHECK(first(png_file(2, 1, 8, 0, std::string("\0\x40\x41", 3), transparent_grey)) ==
        Pixels{255, 255, 255, 65, 65, 65});
}

TEST_CASE("a JPEG is read, grey or in colour") {
  const Image image = gradient(40, 24);
  CHECK(largest_difference(read_bytes(jpeg_of(image)), image) < 12);
  const Image read =
      read_bytes(jpeg_file(8, 8, std::vector<std::uint8_t>(64, 77), {.colours = JpegColours::Grey}));
  CHECK(read.pixels.size() == 3 * 64);
  CHECK(std::abs(read.pixels[0] - 77) < 3);
  const TemporaryFolder folder;
  CHECK(read_stored_size(put_file(folder / "a.png", jpeg_of(image))) == ImageSize{40, 24});
}

TEST_CASE("a JPEG is the smaller and the coarser the lower its quality") {
  const Image image = gradient(40, 24);
  const std::string fine = encode_jpeg(image, 95), coarse = encode_jpeg(image, 20);
  CHECK(coarse.size() < fine.size());
  CHECK(largest_difference(decode_jpeg(coarse), image) > largest_difference(decode_jpeg(fine), image));
  CHECK(decode_jpeg(encode_jpeg(blank_image(1, 3), 50)) == blank_image(1, 3));
  for (int quality : {0, 101}) CHECK_THROWS_AS(encode_jpeg(image, quality), std::invalid_argument);
  CHECK_THROWS_AS(encode_jpeg({40, 25, image.pixels}, 95), std::invalid_argument);
}

TEST_CASE("the EXIF orientation of a picture is applied, in JPEG and PNG") {
  const Image image = gradient(40, 24);
  const Image plain = read_bytes(jpeg_of(image));
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    const Image expected = apply_orientation(plain, orientation);
    CHECK(read_bytes(with_exif(jpeg_of(image), tiff_orientation(orientation, orientation % 2 == 0))) ==
          expected);
    std::string png = encode_png(plain);
    png.insert(33, png_chunk("eXIf", tiff_orientation(orientation, true)));
    CHECK(read_bytes(png) == expected);
    png = encode_png(plain);
    png.insert(png.size() - 12, png_chunk("eXIf", tiff_orientation(orientation, false)));
    CHECK(read_bytes(png) == expected);
  }
}

TEST_CASE("only the first EXIF block of a JPEG counts, and a damaged one does no harm") {
  const Image image = gradient(40, 24);
  const Image plain = read_bytes(jpeg_of(image));
  const std::string twice =
      with_exif(with_exif(jpeg_of(image), tiff_orientation(3, true)), tiff_orientation(2, true));
  CHECK(read_bytes(twice) == apply_orientation(plain, 2));
  CHECK(read_bytes(with_exif(jpeg_of(image), "")) == plain);
  CHECK(read_bytes(with_exif(jpeg_of(image), "II*")) == plain);
}

TEST_CASE("what is no picture is refused") {
  CHECK(read_error("") == "is empty; fetch or write it again");
  CHECK(contains(read_error("x"), "is no PNG, JPEG or WebP picture"));
  CHECK(contains(read_error("GIF89a and more"), "is no PNG, JPEG or WebP picture"));
  CHECK(contains(read_error("\x89PNG\r\n\x1a\n"), "is damaged"));
  CHECK(contains(read_error("\x89PNG\r\n\x1a\n" + std::string(1000, 'x')), "is damaged"));
  CHECK(contains(read_error("\xff\xd8\xff"), "(it ends too early)"));
  CHECK(contains(read_error("\xff\xd8\xff\xd9"), "contains no image"));
  CHECK(contains(read_error("\xff\xd8\xff\xda" + std::string("\0\2", 2) + "junk\xff\xd9"), "is damaged"));
  std::string lossless = jpeg_of(gradient(8, 8));
  lossless.replace(lossless.find("\xff\xc0"), 2, "\xff\xc3");
  CHECK(contains(read_error(lossless), "a JPEG of a rare kind (Unsupported JPEG process: SOF type 0xc3)"));
  const TemporaryFolder folder;
  CHECK(contains(error_of(folder.path(), [&] { read_image(folder.path()); }), "is a folder"));
  const auto missing = folder / "missing.png";
  CHECK(contains(error_of(missing, [&] { read_image(missing); }), "cannot be read"));
  CHECK(contains(error_of(missing, [&] { read_stored_size(missing); }), "cannot be read"));
  const auto text = put_file(folder / "text", "no picture");
  CHECK(contains(error_of(text, [&] { read_stored_size(text); }), "is no PNG, JPEG or WebP picture"));
  const auto cut = put_file(folder / "cut", encode_png(test_image(2, 2)).substr(0, 20));
  CHECK(contains(error_of(cut, [&] { read_stored_size(cut); }), "its header is cut off"));
}

TEST_CASE("a picture cut off anywhere is refused") {
  const std::string png = encode_png(test_image(12, 9));
  for (std::size_t size = 0; size < png.size(); ++size) {
    REQUIRE_THROWS_AS(decode_png(std::string(png, 0, size)), CodecError);
  }
  const std::string jpeg = with_exif(jpeg_of(gradient(24, 24)), tiff_orientation(6, true));
  for (std::size_t size = 0; size < jpeg.size(); ++size) {
    REQUIRE_THROWS_AS(decode_jpeg(std::string(jpeg, 0, size)), CodecError);
  }
}

TEST_CASE("an end marker inside a thumbnail is not the picture's") {
  const std::string thumbnail = jpeg_of(gradient(8, 8));
  const std::string jpeg = with_exif(jpeg_of(gradient(24, 24)), tiff_orientation(1, true) + thumbnail);
  CHECK(read_error(jpeg) == "no error");
  CHECK(contains(read_error(jpeg.substr(0, jpeg.size() - 2)), "it ends too early"));
}

TEST_CASE("a damaged byte in a PNG is noticed") {
  std::string png = encode_png(test_image(12, 9));
  png[png.size() / 2] = static_cast<char>(png[png.size() / 2] ^ 1);
  CHECK(contains(read_error(png), "is damaged"));
}

TEST_CASE("a JPEG with an impossible Huffman table is refused") {
  const auto with_table = [](const std::string& table) {
    return jpeg_of(gradient(8, 8)).insert(2, "\xff\xc4" + big_endian(table.size() + 2, 2) + table);
  };
  const std::string head(1, '\0');
  const std::string too_many_codes = head + "\xff\x02" + std::string(14, '\0') + std::string(257, 'x');
  CHECK(contains(read_error(with_table(too_many_codes)), "Bogus Huffman table"));
  const std::string longer_than_its_segment = head + "\x02" + std::string(15, '\0') + "x";
  CHECK(contains(read_error(with_table(longer_than_its_segment)), "Bogus Huffman table"));
  CHECK(contains(read_error(with_table(head)), "Bogus"));
}

TEST_CASE("damaged bytes in a JPEG do no harm") {
  const std::string jpeg = jpeg_of(gradient(24, 24));
  const std::size_t frame_size = jpeg.find("\xff\xc0") + 5;
  for (std::size_t i = 2; i < jpeg.size(); ++i) {
    if (i >= frame_size && i < frame_size + 4) continue;  // another size only makes this slow
    for (const int mask : {0x01, 0x80, 0xff}) {
      std::string damaged = jpeg;
      damaged[i] = static_cast<char>(damaged[i] ^ mask);
      // Many such pictures are read, as something else; what comes out has the size it says.
      try {
        const Image image = decode_jpeg(damaged);
        REQUIRE(image.pixels.size() ==
                3 * static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height));
      } catch (const CodecError& error) {
        REQUIRE(std::string(error.what()).size() > 10);
      }
    }
  }
}

TEST_CASE("a picture that claims to be huge is refused from its header") {
  const std::string huge = png_file(60'000, 60'000, 8, 2, "little");
  CHECK(read_error(huge) ==
        "has 60000 x 60000 pixels, more than the 100000000 that are read; make it smaller or leave it out");
  CHECK(contains(read_error(png_file(0x7fffffff, 0x7fffffff, 16, 6, "x")), "more than the 100000000"));
  CHECK(contains(read_error(png_file(0xffffffff, 1, 8, 2, "x")), "is damaged"));
  CHECK(contains(read_error(png_file(0, 5, 8, 2, "x")), "is damaged"));
  // Within the limit, but 300 MB of pixels cannot come out of these few bytes.
  CHECK(contains(read_error(png_file(10'000, 10'000, 8, 2, "little")), "it ends too early"));
  std::string jpeg = jpeg_of(gradient(16, 16));
  const std::size_t frame = jpeg.find("\xff\xc0");
  REQUIRE(frame != jpeg.npos);
  jpeg.replace(frame + 5, 4, big_endian(60'000, 2) + big_endian(60'000, 2));
  CHECK(contains(read_error(jpeg), "has 60000 x 60000 pixels"));
}

TEST_CASE("chunks that expand without end do not matter to a picture") {
  const std::string bomb = deflated(std::string(50'000'000, 'x'));
  std::string png = encode_png(test_image(3, 3));
  png.insert(33, png_chunk("zTXt", std::string("k\0\0", 3) + bomb) +
                     png_chunk("iCCP", std::string("p\0\0", 3) + bomb));
  CHECK(read_bytes(png) == test_image(3, 3));
}

namespace {

// The most address space that this program ever had, bytes.
std::uint64_t peak_address_space() {
  std::ifstream file("/proc/self/status");
  std::string word;
  std::uint64_t kibibytes = 0;
  while (file >> word)
    if (word == "VmPeak:" && file >> kibibytes) break;
  return kibibytes << 10;
}

}  // namespace

TEST_CASE("a chunk that claims more bytes than there are takes no memory") {
  constexpr std::uint64_t kClaimed = std::uint64_t{3} << 29;
  const std::string scanlines(4, '\0');
  std::string text = png_chunk("tEXt", std::string("bauta\0x", 7)), exif = png_chunk("eXIf", "MM");
  for (std::string* chunk : {&text, &exif}) chunk->replace(0, 4, big_endian(kClaimed, 4));
  const std::uint64_t before = peak_address_space();
  REQUIRE(before > 0);
  CHECK_THROWS_AS(text_in_png("x", png_file(1, 1, 8, 2, scanlines, text), "bauta"), FileError);
  CHECK_THROWS_AS(decode_image("x", png_file(1, 1, 8, 2, scanlines, exif)), FileError);
  CHECK(peak_address_space() - before < kClaimed / 2);
}
