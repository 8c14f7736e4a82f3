#include "io/webp_lossless.h"

#include <memory>
#include <new>
#include <stdexcept>

namespace bauta {
namespace {

struct FreePicture {
  void operator()(WebPPicture* picture) const { WebPPictureFree(picture); }
};

int append(const std::uint8_t* bytes, std::size_t size, const WebPPicture* picture) {
  try {
    static_cast<std::string*>(picture->custom_ptr)->append(reinterpret_cast<const char*>(bytes), size);
    return 1;
  } catch (const std::bad_alloc&) {
    return 0;  // no exception may pass through C
  }
}

}  // namespace

std::string encode_webp_with(ImageSize size, WebpEffort effort,
                             const std::function<bool(WebPPicture&)>& fill) {
  WebPConfig config;
  WebPPicture picture;
  if (!WebPConfigInit(&config) || !WebPConfigLosslessPreset(&config, effort.level) ||
      !WebPPictureInit(&picture))
    throw std::runtime_error("libwebp is of another version than its headers");
  config.exact = effort.exact;
  const std::unique_ptr<WebPPicture, FreePicture> owner(&picture);
  std::string result;
  picture.use_argb = 1;
  picture.width = size.width;
  picture.height = size.height;
  picture.writer = append;
  picture.custom_ptr = &result;
  if (!fill(picture) || !WebPEncode(&config, &picture)) throw std::bad_alloc();
  return result;
}

}  // namespace bauta
