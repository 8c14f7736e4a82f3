// The caller's pictures, in and out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "apps/capi/bauta.h"
#include "io/image.h"

namespace bauta::capi {

// Where rows of an output begin.
struct Target {
  std::uint8_t* pixels;
  std::size_t stride;
};

// All refuse (guard.h) what bauta.h does not allow.
void check_picture(const bauta_picture* picture);
Target checked_target(const bauta_picture* picture, std::uint8_t* out, std::size_t out_stride);

// Of checked ones.
Image image_of(const bauta_picture& picture);
void write_rows(const Image& image, const Target& target);

}  // namespace bauta::capi
