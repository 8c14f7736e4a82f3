// libwebp's lossless encoder, for the two that use it: webp_codec and webp_file.
#pragma once

#include <webp/encode.h>

#include <functional>
#include <string>

#include "io/image.h"

namespace bauta {

struct WebpEffort {
  int level;   // 0 to 9, the slower the smaller
  bool exact;  // colours under transparent pixels stay
};

// fill puts the pixels into libwebp's picture, which has its size but no memory yet; false: there is none.
// Throws std::bad_alloc, the one way in which it fails, and std::runtime_error where libwebp is of another
// version than its headers.
std::string encode_webp_with(ImageSize size, WebpEffort effort,
                             const std::function<bool(WebPPicture&)>& fill);

}  // namespace bauta
