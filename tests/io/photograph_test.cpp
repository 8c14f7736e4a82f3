#include "io/photograph.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "io/exif.h"
#include "io/icc_profile.h"
#include "io/input_file.h"
#include "io/jpeg_codec.h"
#include "io/webp_codec.h"
#include "tests/io/error_of.h"
#include "tests/io/jpeg_bytes.h"
#include "tests/io/picture_bytes.h"
#include "tests/io/temporary_folder.h"
#include "tests/io/test_image.h"

using namespace bauta;

namespace {

// A profile that libpng takes: a header (ICC.1:2022, 7.2), no tags, and noise, as libpng reads no short
// chunk.
std::string profile_of(const std::string& colour_space) {
  std::string profile(132, '\0');
  for (const std::uint8_t byte : test_image(16, 8).pixels) profile += static_cast<char>(byte);
  const auto put = [&profile](std::size_t at, const std::string& bytes) {
    profile.replace(at, bytes.size(), bytes);
  };
  put(0, big_endian(profile.size(), 4));
  put(8, big_endian(0x02100000, 4));
  put(12, "mntr" + colour_space + "XYZ ");
  put(24, big_endian(2020, 2) + big_endian(1, 2) + big_endian(1, 2));
  put(36, "acsp");
  put(68, big_endian(0xf6d6, 4) + big_endian(0x10000, 4) + big_endian(0xd32d, 4));
  return profile;
}

std::string icc_chunk(const std::string& profile) {
  return png_chunk("iCCP", std::string("somebody's name\0\0", 17) + deflated(profile));
}

// Scanlines of pseudo-random samples for png_file.
std::string scanlines(int width, int height, int channels, int bytes) {
  const Image noise = test_image(width * channels * bytes, height);
  std::string rows;
  for (int y = 0; y < height; ++y) {
    rows += '\0';
    for (int i = 0; i < width * channels * bytes; ++i) rows += static_cast<char>(noise.at(i, y)[0]);
  }
  return rows;
}

int sample(const std::string& rows, int width, int channels, int bytes, int x, int y, int c) {
  const auto at =
      static_cast<std::size_t>(1 + y * (1 + width * channels * bytes) + (x * channels + c) * bytes);
  int value = 0;
  for (int i = 0; i < bytes; ++i)
    value = value << 8 | static_cast<std::uint8_t>(rows[at + static_cast<std::size_t>(i)]);
  return value;
}

Photograph through(const Photograph& photo, PictureFormat format) {
  const TemporaryFolder folder;
  const auto path = folder / std::string("a").append(extension_of(format));
  write_photograph(path, photo, format);
  CHECK(format_of(path) == format);
  return read_photograph(path);
}

Photograph read_bytes(const std::string& bytes) {
  const TemporaryFolder folder;
  Photograph photo = read_photograph(put_file(folder / "picture", bytes));
  CHECK(decode_photograph("picture", bytes) == photo);
  return photo;
}

}  // namespace

TEST_CASE("every kind of PNG comes out as it went in") {
  constexpr int kWidth = 7, kHeight = 5;
  struct Kind {
    int colour_type, channels;
  };
  for (const Kind& kind : {Kind{0, 1}, Kind{2, 3}, Kind{4, 2}, Kind{6, 4}}) {
    for (const int bytes : {1, 2}) {
      CAPTURE(kind.colour_type);
      CAPTURE(bytes);
      const std::string rows = scanlines(kWidth, kHeight, kind.channels, bytes);
      const Photograph photo = read_bytes(png_file(kWidth, kHeight, 8 * bytes, kind.colour_type, rows));
      CHECK(photo.grey == (kind.channels <= 2));
      CHECK(photo.has_alpha() == (kind.channels % 2 == 0));
      CHECK(photo.deep.empty() == (bytes == 1));
      const auto value = [&](int x, int y, int c) {
        return sample(rows, kWidth, kind.channels, bytes, x, y, c);
      };
      for (int y = 0; y < kHeight; ++y) {
        for (int x = 0; x < kWidth; ++x) {
          for (int c = 0; c < 3; ++c) {
            const int stored = value(x, y, photo.grey ? 0 : c);
            CHECK(photo.image.at(x, y)[c] == (bytes == 1 ? stored : std::lround(stored / 257.0)));
          }
          const auto i = static_cast<std::size_t>(y * kWidth + x);
          const int alpha = value(x, y, kind.channels - 1);
          if (!photo.alpha.empty()) CHECK(photo.alpha[i] == alpha);
          if (!photo.deep_alpha.empty()) CHECK(photo.deep_alpha[i] == alpha);
          if (!photo.deep.empty()) CHECK(photo.deep[i * (photo.grey ? 1 : 3)] == value(x, y, 0));
        }
      }
      CHECK(through(photo, PictureFormat::Png) == photo);
    }
  }
}

TEST_CASE("palettes, few bits, a transparent colour, interlaced rows") {
  const Photograph palette = read_bytes(
      png_file(2, 1, 8, 3, std::string("\0\0\1", 3),
               png_chunk("PLTE", "\x0a\x14\x1e\xff\xff\xff") + png_chunk("tRNS", std::string("\x07", 1))));
  CHECK(palette.image.pixels == std::vector<std::uint8_t>{10, 20, 30, 255, 255, 255});
  CHECK(palette.alpha == std::vector<std::uint8_t>{7, 255});
  CHECK(through(palette, PictureFormat::Png) == palette);
  const Photograph bits = read_bytes(png_file(2, 1, 1, 0, std::string("\0\x40", 2)));
  CHECK((bits.grey && bits.image.pixels[0] == 0 && bits.image.pixels[3] == 255));
  CHECK(over_white(palette).pixels[0] == 248);
  // Interlaced, one pixel: the first pass alone.
  std::string interlaced = png_file(1, 1, 16, 2, std::string("\0\1\2\3\4\5\6", 7));
  interlaced.replace(8, 25,
                     png_chunk("IHDR", big_endian(1, 4) + big_endian(1, 4) + std::string("\x10\2\0\0\1", 5)));
  CHECK(read_bytes(interlaced).deep == std::vector<std::uint16_t>{0x0102, 0x0304, 0x0506});
}

TEST_CASE("what is redrawn has 8 bits and nothing of the deep samples, the rest is the photograph's own") {
  for (const int channels : {1, 2, 3, 4}) {
    CAPTURE(channels);
    constexpr int kTypes[] = {0, 4, 2, 6};
    const std::string rows = scanlines(9, 8, channels, 2);
    Photograph photo = read_bytes(png_file(9, 8, 16, kTypes[channels - 1], rows));
    const Photograph before = photo;
    const Box box{-2, 3, 6, 2};
    for (int y = 3; y < 5; ++y)
      for (int x = 0; x < 4; ++x) photo.image.at(x, y)[1] = 200;
    redraw(photo, {box, {100, 100, 5, 5}});
    CHECK(photo.redrawn == std::vector<Box>{{0, 3, 4, 2}});
    CHECK_FALSE(stays_grey(photo));
    const Photograph after = through(photo, PictureFormat::Png);
    CHECK(after.image == photo.image);
    CHECK(after.deep_alpha == before.deep_alpha);
    CHECK_FALSE(after.grey);
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 9; ++x) {
        const bool is_redrawn = x < 4 && y >= 3 && y < 5;
        for (std::size_t c = 0; c < 3; ++c) {
          const auto i = static_cast<std::size_t>(y * 9 + x);
          const int expected =
              is_redrawn ? 257 * photo.image.at(x, y)[c] : before.deep[before.grey ? i : 3 * i + c];
          CHECK(after.deep[3 * i + c] == expected);
        }
      }
    }
  }
}

TEST_CASE("grey stays grey while what is redrawn has no colour") {
  Photograph photo = read_bytes(png_file(6, 5, 8, 0, scanlines(6, 5, 1, 1), icc_chunk(profile_of("GRAY"))));
  CHECK(photo.icc_profile == profile_of("GRAY"));
  std::fill_n(photo.image.at(2, 2), 3, std::uint8_t{9});
  redraw(photo, {{2, 2, 1, 1}});
  const Photograph grey = through(photo, PictureFormat::Png);
  CHECK((grey.grey && grey.image == photo.image && grey.icc_profile == profile_of("GRAY")));
  photo.image.at(2, 2)[0] = 10;
  const Photograph coloured = through(photo, PictureFormat::Png);
  CHECK((!coloured.grey && coloured.image == photo.image));
  CHECK(coloured.icc_profile.empty());  // a profile of grey is none of RGB
}

TEST_CASE("a colour profile is kept by every format, under no name of its file's") {
  const std::string profile = profile_of("RGB ");
  const std::string png = png_file(4, 3, 8, 2, scanlines(4, 3, 3, 1), icc_chunk(profile));
  const Photograph photo = read_bytes(png);
  CHECK(photo.icc_profile == profile);
  for (const auto format : {PictureFormat::Png, PictureFormat::Webp, PictureFormat::Jpeg}) {
    CAPTURE(to_string(format));
    CHECK(through(photo, format).icc_profile == profile);
    const TemporaryFolder folder;
    write_photograph(folder / "a", photo, format);
    CHECK(get_file(folder / "a").find("somebody") == std::string::npos);
  }
  const std::vector<std::uint8_t> samples(48, 100);
  CHECK(read_bytes(jpeg_file(4, 4, samples, {.icc_profile = profile})).icc_profile == profile);
  for (const std::string& wrong :
       {profile_of("GRAY"), profile_of("CMYK"), profile.substr(0, 130), std::string("x")})
    CHECK(read_bytes(jpeg_file(4, 4, samples, {.icc_profile = wrong})).icc_profile.empty());
  CHECK(fitting_profile(std::string(kMostProfileBytes + 1, 'x'), false).empty());
}

TEST_CASE("CMYK and YCCK JPEGs, inverted as Adobe has them or not") {
  // Ink of a quarter, a half, none, and an eighth of black.
  const double cyan = 64, magenta = 128, yellow = 0, black = 32;
  const double expected[] = {(255 - cyan) * (255 - black) / 255, (255 - magenta) * (255 - black) / 255,
                             (255 - yellow) * (255 - black) / 255};
  for (const auto colours : {JpegColours::Cmyk, JpegColours::Ycck}) {
    for (const bool adobe : {true, false}) {
      if (!adobe && colours == JpegColours::Ycck) continue;  // nothing but Adobe's marker tells of it
      std::vector<std::uint8_t> samples;
      for (int i = 0; i < 16 * 16; ++i)
        for (const double ink : {cyan, magenta, yellow, black})
          samples.push_back(static_cast<std::uint8_t>(adobe ? 255 - ink : ink));
      const Photograph photo = read_bytes(jpeg_file(
          16, 16, samples, {.colours = colours, .adobe = adobe, .icc_profile = profile_of("CMYK")}));
      CHECK(photo.icc_profile.empty());
      CHECK_FALSE(photo.grey);
      for (int c = 0; c < 3; ++c) CHECK(std::abs(photo.image.at(8, 8)[c] - expected[c]) < 3);
    }
  }
}

TEST_CASE("a progressive JPEG has the pixels of the baseline one") {
  const Image image = test_image(33, 21);
  const Photograph baseline = read_bytes(jpeg_file(33, 21, image.pixels));
  const std::string progressive = jpeg_file(33, 21, image.pixels, {.progressive = true});
  CHECK(progressive.find("\xff\xc2") != std::string::npos);
  CHECK(read_bytes(progressive) == baseline);
  for (std::size_t size = 0; size < progressive.size(); size += 7) {
    REQUIRE_THROWS(decode_jpeg(std::string_view(progressive).substr(0, size)));
  }
}

TEST_CASE("a JPEG of scans without end is refused") {
  std::string jpeg = jpeg_file(16, 16, test_image(16, 16).pixels, {.progressive = true});
  const std::size_t last = jpeg.rfind("\xff\xda");
  const std::string scan = jpeg.substr(last, jpeg.size() - 2 - last);
  std::string many = jpeg.substr(0, jpeg.size() - 2);
  for (int i = 0; i < 200; ++i) many += scan;
  CHECK_THROWS(decode_jpeg(many + "\xff\xd9"));
}

TEST_CASE("all eight orientations, in every plane and format") {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    const auto exif = [orientation](std::string jpeg) {
      return jpeg.insert(2, jpeg_exif(tiff_orientation(orientation, orientation % 2 == 0)));
    };
    const Image image = test_image(37, 21);
    const std::string rgb = jpeg_file(37, 21, image.pixels);
    CHECK(read_bytes(exif(rgb)).image == apply_orientation(read_bytes(rgb).image, orientation));
    const std::vector<std::uint8_t> samples(image.pixels.begin(), image.pixels.begin() + 37 * 21);
    const std::string grey = jpeg_file(37, 21, samples, {.colours = JpegColours::Grey});
    CHECK(read_bytes(exif(grey)).image == apply_orientation(read_bytes(grey).image, orientation));

    const std::string rows = scanlines(5, 3, 4, 2);
    const Photograph upright = read_bytes(png_file(5, 3, 16, 6, rows));
    const Photograph turned =
        read_bytes(png_file(5, 3, 16, 6, rows, png_chunk("eXIf", tiff_orientation(orientation, true))));
    // Each plane moves as the picture of its values does.
    CHECK(turned.image == apply_orientation(upright.image, orientation));
    Image alpha = blank_image(5, 3);
    for (std::size_t i = 0; i < 15; ++i) {
      alpha.pixels[3 * i] = static_cast<std::uint8_t>(upright.deep_alpha[i] >> 8);
      alpha.pixels[3 * i + 1] = static_cast<std::uint8_t>(upright.deep_alpha[i]);
      alpha.pixels[3 * i + 2] = static_cast<std::uint8_t>(upright.deep[3 * i + 1]);
    }
    const Image moved = apply_orientation(alpha, orientation);
    for (std::size_t i = 0; i < 15; ++i) {
      CHECK(turned.deep_alpha[i] == (moved.pixels[3 * i] << 8 | moved.pixels[3 * i + 1]));
      CHECK((turned.deep[3 * i + 1] & 255) == moved.pixels[3 * i + 2]);
    }
    const Photograph again = through(turned, PictureFormat::Png);
    CHECK(again == turned);  // and the tag is gone
  }
}

TEST_CASE("WebP holds colours and transparency to the last bit, under transparent pixels too") {
  const std::string rows = scanlines(31, 17, 4, 1);
  Photograph photo = read_bytes(png_file(31, 17, 8, 6, rows));
  photo.alpha[3] = 0;
  CHECK(through(photo, PictureFormat::Webp) == photo);
  const Photograph opaque = read_bytes(png_file(31, 17, 8, 2, scanlines(31, 17, 3, 1)));
  CHECK(through(opaque, PictureFormat::Webp) == opaque);
  const std::string bytes = encode_webp(photo, "k");
  for (std::size_t size = 0; size < bytes.size(); ++size)
    REQUIRE_THROWS(decode_webp_photograph(std::string_view(bytes).substr(0, size)));
}

TEST_CASE("a text travels in every format") {
  const TemporaryFolder folder;
  Photograph photo;
  photo.image = test_image(20, 20);
  const std::string text = "{\"regions\": [" + std::string(200'000, '1') + "]}";  // of several JPEG segments
  for (const auto format : {PictureFormat::Png, PictureFormat::Webp, PictureFormat::Jpeg}) {
    CAPTURE(to_string(format));
    const auto path = folder / to_string(format);
    write_photograph(path, photo, format, {{"bauta", text}});
    CHECK(find_picture_text(path, "bauta") == text);
    CHECK(find_picture_text(path, "baut") == std::nullopt);
    const std::string bytes = read_file(path, 1 << 20);
    CHECK(text_in_picture("a", bytes, "bauta") == text);
    CHECK(text_in_picture("a", bytes, "baut") == std::nullopt);
    CHECK(contains(error_of("a", [&] { decode_photograph("a", bytes.substr(0, bytes.size() / 2)); }), "; "));
    CHECK(read_stored_size(path) == ImageSize{20, 20});
    write_photograph(path, photo, format, {}, true);
    CHECK(find_picture_text(path, "bauta") == std::nullopt);
  }
}

TEST_CASE("what a format cannot hold is refused, and nothing is written") {
  const TemporaryFolder folder;
  const auto refusal = [&](const Photograph& photo, PictureFormat format) {
    return error_of(folder / "a", [&] { write_photograph(folder / "a", photo, format); });
  };
  Photograph deep = read_bytes(png_file(2, 2, 16, 2, scanlines(2, 2, 3, 2)));
  CHECK(contains(refusal(deep, PictureFormat::Webp),
                 "has 16 bits a sample, and a WebP holds 8; take --format png"));
  CHECK(contains(refusal(deep, PictureFormat::Jpeg),
                 "has 16 bits a sample, and a JPEG holds 8; take --format png"));
  const Photograph transparent = read_bytes(png_file(2, 2, 8, 6, scanlines(2, 2, 4, 1)));
  CHECK(contains(refusal(transparent, PictureFormat::Jpeg), "is transparent, which a JPEG cannot hold"));
  Photograph wide;
  wide.image = blank_image(65'501, 1);
  CHECK(contains(refusal(wide, PictureFormat::Webp), "at most 16383 pixels a side"));
  CHECK(contains(refusal(wide, PictureFormat::Jpeg), "at most 65500 pixels a side"));
  CHECK(folder.entries() == 0);
  deep.deep.pop_back();
  CHECK_THROWS_AS(write_photograph(folder / "a", deep, PictureFormat::Png), std::invalid_argument);
}

TEST_CASE("the memory a photograph takes is known from its header") {
  const TemporaryFolder folder;
  const auto bytes = [&](const std::string& file) { return photograph_bytes(put_file(folder / "a", file)); };
  CHECK(bytes(png_file(20, 10, 8, 2, "")) == 200 * 4);
  CHECK(bytes(png_file(20, 10, 16, 6, "")) == 200 * 11);
  CHECK(bytes(png_file(20, 10, 16, 0, "")) == 200 * 7);
  CHECK(bytes(jpeg_file(20, 10, test_image(20, 10).pixels)) == 200 * 3);
  CHECK(contains(error_of(folder / "a", [&] { bytes(png_file(60'000, 60'000, 8, 2, "")); }),
                 "more than the 100000000"));
}

TEST_CASE("a mosaic hides the shape of a transparency") {
  for (const int bytes : {1, 2}) {
    Photograph photo = read_bytes(png_file(10, 8, 8 * bytes, 6, scanlines(10, 8, 4, bytes)));
    const Photograph before = photo;
    const Box box{2, 1, 6, 5};
    CHECK(shows_a_shape(photo, box));
    CHECK_FALSE(shows_a_shape(photo, {3, 3, 1, 1}));
    CHECK_FALSE(shows_a_shape(photo, {30, 3, 1, 1}));
    mosaic_alpha(photo, box, 4);
    const auto alpha = [&](const Photograph& of, int x, int y) {
      const auto i = static_cast<std::size_t>(10 * y + x);
      return bytes == 1 ? int{of.alpha[i]} : int{of.deep_alpha[i]};
    };
    double sum = 0;
    for (int y = 0; y < 8; ++y) {
      for (int x = 0; x < 10; ++x) {
        const bool in = x >= 2 && x < 8 && y >= 1 && y < 6;
        if (!in) CHECK(alpha(photo, x, y) == alpha(before, x, y));
        if (in && x < 6 && y < 5) sum += alpha(before, x, y);
      }
    }
    for (int y = 1; y < 5; ++y)
      for (int x = 2; x < 6; ++x) CHECK(alpha(photo, x, y) == static_cast<int>(std::floor(sum / 16 + 0.5)));
    CHECK(alpha(photo, 6, 5) == alpha(photo, 7, 5));
    CHECK_FALSE(shows_a_shape(photo, {2, 1, 4, 4}));
    mosaic_alpha(photo, {-5, -5, 40, 40}, 40);
    CHECK_FALSE(shows_a_shape(photo, {0, 0, 10, 8}));
  }
  CHECK_FALSE(shows_a_shape(read_bytes(png_file(2, 2, 8, 2, scanlines(2, 2, 3, 1))), {0, 0, 2, 2}));
}
