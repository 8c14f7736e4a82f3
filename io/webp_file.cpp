#include <webp/decode.h>
#include <webp/encode.h>
#include <webp/mux.h>

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>

#include "io/codec_error.h"
#include "io/exif.h"
#include "io/icc_profile.h"
#include "io/row_place.h"
#include "io/webp_codec.h"
#include "io/webp_lossless.h"

namespace bauta {
namespace {

constexpr char kTextChunk[] = "baut";
// 0 to 9: of a whole photograph more than this takes minutes for the last few percent.
constexpr int kFileEffort = 2;
constexpr std::string_view kExifPrefix("Exif\0\0", 6);

const std::uint8_t* raw(std::string_view bytes) {
  return reinterpret_cast<const std::uint8_t*>(bytes.data());
}

struct DeleteMux {
  void operator()(WebPMux* mux) const { WebPMuxDelete(mux); }
};
using Mux = std::unique_ptr<WebPMux, DeleteMux>;

// Beside its bytes, which it does not copy.
Mux opened(std::string_view bytes) {
  const WebPData data{raw(bytes), bytes.size()};
  Mux mux(WebPMuxCreate(&data, 0));
  if (!mux) throw CodecError("is damaged or cut off");
  return mux;
}

std::string_view chunk_of(const WebPMux* mux, const char* name) {
  WebPData data{};
  if (WebPMuxGetChunk(mux, name, &data) != WEBP_MUX_OK) return {};
  return {reinterpret_cast<const char*>(data.bytes), data.size};
}

WebPBitstreamFeatures features_of(std::string_view bytes) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(raw(bytes), bytes.size(), &features) != VP8_STATUS_OK)
    throw CodecError("is damaged or cut off");
  if (features.has_animation)
    throw CodecError("is an animation, which is not read",
                     "save its pictures one by one, or make a video of them for bauta video");
  return features;
}

int orientation_of(const WebPMux* mux) {
  std::string_view exif = chunk_of(mux, "EXIF");
  if (exif.starts_with(kExifPrefix)) exif.remove_prefix(kExifPrefix.size());
  return exif_orientation({raw(exif), exif.size()});
}

struct FreeWebp {
  void operator()(void* memory) const { WebPFree(memory); }
};

// libwebp's pixels are one word each: alpha, red, green, blue from its top.
void fill(WebPPicture& into, const Photograph& photo) {
  const std::uint8_t* rgb = photo.image.pixels.data();
  for (int y = 0; y < into.height; ++y) {
    std::uint32_t* row = into.argb + static_cast<std::ptrdiff_t>(y) * into.argb_stride;
    const std::size_t first = static_cast<std::size_t>(y) * static_cast<std::size_t>(into.width);
    for (std::size_t x = 0; x < static_cast<std::size_t>(into.width); ++x, rgb += 3) {
      const std::uint32_t alpha = photo.alpha.empty() ? 255 : photo.alpha[first + x];
      row[x] = alpha << 24 | std::uint32_t{rgb[0]} << 16 | std::uint32_t{rgb[1]} << 8 | rgb[2];
    }
  }
}

std::string encode_bare(const Photograph& photo) {
  return encode_webp_with({photo.image.width, photo.image.height}, {kFileEffort, true},
                          [&photo](WebPPicture& into) {
                            if (!WebPPictureAlloc(&into)) return false;
                            fill(into, photo);
                            return true;
                          });
}

void add_chunk(WebPMux* mux, const char* name, const std::string& content) {
  const WebPData data{raw(content), content.size()};
  if (WebPMuxSetChunk(mux, name, &data, 0) != WEBP_MUX_OK) throw std::bad_alloc();
}

void require_webp(const Photograph& photo) {
  const Image& image = photo.image;
  if (std::max(image.width, image.height) > kLargestWebpSide)
    throw CodecError("is too long for a WebP, which has at most 16383 pixels a side",
                     "make it smaller or take --format png");
  if (!photo.deep.empty()) throw CodecError("has 16 bits a sample, and a WebP holds 8", "take --format png");
}

}  // namespace

bool is_webp(std::string_view bytes) {
  return bytes.starts_with("RIFF") && bytes.size() >= 12 && bytes.substr(8, 4) == "WEBP";
}

WebpFacts webp_facts(std::string_view bytes) {
  const WebPBitstreamFeatures features = features_of(bytes);
  return {{features.width, features.height}, orientation_of(opened(bytes).get()), features.has_alpha != 0};
}

Photograph decode_webp_photograph(std::string_view bytes) {
  const WebpFacts facts = webp_facts(bytes);
  require_readable_size(facts.size);
  const auto [width, height] = facts.size;
  Photograph photo;
  photo.icc_profile = fitting_profile(std::string(chunk_of(opened(bytes).get(), "ICCP")), false);
  if (!facts.has_alpha) {
    photo.image = apply_orientation(decode_webp(bytes, facts.size), facts.orientation);
    return photo;
  }
  std::vector<std::uint8_t> rgba(4 * static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  if (!WebPDecodeRGBAInto(raw(bytes), bytes.size(), rgba.data(), rgba.size(), 4 * width))
    throw CodecError("is damaged or cut off");
  const bool turned = swaps_sides(facts.orientation);
  photo.image = blank_image(turned ? height : width, turned ? width : height);
  photo.alpha.resize(rgba.size() / 4);
  const std::uint8_t* pixel = rgba.data();
  for (int y = 0; y < height; ++y) {
    const RowPlace place = row_place(facts.size, facts.orientation, y);
    for (std::int64_t x = 0; x < width; ++x, pixel += 4) {
      const std::int64_t to = place.first + x * place.step;
      std::copy_n(pixel, 3, photo.image.pixels.data() + 3 * to);
      photo.alpha[static_cast<std::size_t>(to)] = pixel[3];
    }
  }
  return photo;
}

std::optional<std::string> find_webp_text(std::string_view bytes) {
  const Mux mux = opened(bytes);
  const std::string_view text = chunk_of(mux.get(), kTextChunk);
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

std::string encode_webp(const Photograph& photo, const std::string& text) {
  require_webp(photo);
  const std::string bare = encode_bare(photo);
  const std::string profile = fitting_profile(photo.icc_profile, false);
  if (profile.empty() && text.empty()) return bare;
  const Mux mux = opened(bare);
  if (!profile.empty()) add_chunk(mux.get(), "ICCP", profile);
  if (!text.empty()) add_chunk(mux.get(), kTextChunk, text);
  WebPData assembled{};
  if (WebPMuxAssemble(mux.get(), &assembled) != WEBP_MUX_OK) throw std::bad_alloc();
  const std::unique_ptr<void, FreeWebp> owner(const_cast<std::uint8_t*>(assembled.bytes));
  return {reinterpret_cast<const char*>(assembled.bytes), assembled.size};
}

}  // namespace bauta
