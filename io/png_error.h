#pragma once

#include <png.h>

#include <array>
#include <cstring>

namespace bauta {

// libpng's reason, where png_error jumps from. For the two PNG codecs.
using PngErrorText = std::array<char, 200>;

inline void on_png_error(png_structp png, png_const_charp message) {
  auto* text = static_cast<PngErrorText*>(png_get_error_ptr(png));
  std::strncpy(text->data(), message, text->size() - 1);
  png_longjmp(png, 1);
}

inline void on_png_warning(png_structp, png_const_charp) {}

}  // namespace bauta
