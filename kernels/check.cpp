#include "kernels/check.h"

namespace bauta {

CheckError::CheckError(const std::string& message) : std::logic_error(message) {}
CheckError::CheckError(const CheckError&) noexcept = default;
CheckError::~CheckError() = default;

CheckMessage::CheckMessage(const char* operation) { stream_ << '[' << operation << "] "; }
CheckMessage::~CheckMessage() = default;

void CheckMessage::fail(const char* expression, const char* file, int line) const {
  throw CheckError(stream_.str() + " (" + expression + ", " + file + ':' + std::to_string(line) + ')');
}

}  // namespace bauta
