#pragma once

#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <string_view>
// jpeglib.h wants both of the above.
#include <jpeglib.h>

namespace bauta {

// What encode_jpeg stores beside a picture begins with this in each APP15 segment.
inline constexpr std::string_view kJpegTextPrefix("bauta\0", 6);

// Where libjpeg's errors go. For jpeg_codec's two classes.
struct JpegErrors {
  jpeg_error_mgr manager{};
  std::jmp_buf jump;
  std::array<char, JMSG_LENGTH_MAX> text{};

  void attach(j_common_ptr jpeg);
  // Throws CodecError, with libjpeg's reason.
  [[noreturn]] void throw_error() const;
};

// From within libjpeg's calls: jumps to where JpegErrors says.
[[noreturn]] void fail_jpeg(j_common_ptr jpeg, const char* reason);

}  // namespace bauta
