#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>
// jpeglib.h wants some of the above.
#include <jpeglib.h>

namespace bauta {

// JPEGs of kinds that no writer of ours writes, for tests; by libjpeg.

enum class JpegColours { Grey, Rgb, Cmyk, Ycck };

struct JpegKind {
  JpegColours colours = JpegColours::Rgb;
  bool progressive = false;
  bool adobe = true;  // the marker, of which CMYK's values are inverted
  std::string icc_profile = {};
};

// samples: height x width x 1, 3 or 4, as they are stored.
inline std::string jpeg_file(int width, int height, const std::vector<std::uint8_t>& samples,
                             const JpegKind& kind = {}) {
  jpeg_error_mgr errors;
  jpeg_compress_struct jpeg{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &bytes, &size);
  const bool black = kind.colours == JpegColours::Cmyk || kind.colours == JpegColours::Ycck;
  jpeg.image_width = static_cast<JDIMENSION>(width);
  jpeg.image_height = static_cast<JDIMENSION>(height);
  jpeg.input_components = kind.colours == JpegColours::Grey ? 1 : black ? 4 : 3;
  jpeg.in_color_space = kind.colours == JpegColours::Grey ? JCS_GRAYSCALE : black ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  if (kind.colours == JpegColours::Ycck) jpeg_set_colorspace(&jpeg, JCS_YCCK);
  if (!kind.adobe) jpeg.write_Adobe_marker = FALSE;
  jpeg_set_quality(&jpeg, 98, TRUE);
  for (int i = 0; i < jpeg.num_components; ++i)
    jpeg.comp_info[i].h_samp_factor = jpeg.comp_info[i].v_samp_factor = 1;
  if (kind.progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  if (!kind.icc_profile.empty())
    jpeg_write_icc_profile(&jpeg, reinterpret_cast<const JOCTET*>(kind.icc_profile.data()),
                           static_cast<unsigned>(kind.icc_profile.size()));
  const auto row = static_cast<std::size_t>(width) * static_cast<std::size_t>(jpeg.input_components);
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* pixels = const_cast<JSAMPROW>(samples.data() + row * jpeg.next_scanline);
    jpeg_write_scanlines(&jpeg, &pixels, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string result(reinterpret_cast<const char*>(bytes), size);
  jpeg_destroy_compress(&jpeg);
  std::free(bytes);
  return result;
}

}  // namespace bauta
