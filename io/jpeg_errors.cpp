#include "io/jpeg_errors.h"

#include <jerror.h>

#include <cstring>
#include <string>

#include "io/codec_error.h"

namespace bauta {
namespace {

JpegErrors& errors_of(j_common_ptr jpeg) { return *static_cast<JpegErrors*>(jpeg->client_data); }

[[noreturn]] void on_error(j_common_ptr jpeg) {
  JpegErrors& errors = errors_of(jpeg);
  jpeg->err->format_message(jpeg, errors.text.data());
  std::longjmp(errors.jump, 1);
}

// Warnings of what is missing in a file; the others are of what is there too much, or of other programs'
// markers.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
      fail_jpeg(jpeg, "it ends too early");
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_NOT_SEQUENTIAL:
      on_error(jpeg);
    default:
      return;
  }
}

}  // namespace

void JpegErrors::attach(j_common_ptr jpeg) {
  jpeg->err = jpeg_std_error(&manager);
  jpeg->client_data = this;
  manager.error_exit = on_error;
  manager.emit_message = on_message;
}

void JpegErrors::throw_error() const {
  throw CodecError("is damaged, or a JPEG of a rare kind (" + std::string(text.data()) + ")",
                   "fetch a whole copy, save it anew with another program, or leave it out");
}

void fail_jpeg(j_common_ptr jpeg, const char* reason) {
  JpegErrors& errors = errors_of(jpeg);
  std::strncpy(errors.text.data(), reason, errors.text.size() - 1);
  std::longjmp(errors.jump, 1);
}

}  // namespace bauta
