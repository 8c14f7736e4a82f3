#include "kernels/check.h"

namespace bauta {

CheckError::CheckError(const std::string& message) : std::logic_error(message) {}
CheckError::CheckError(const CheckError&) noexcept = default;
CheckError::~CheckError() = default;

OutOfMemory::OutOfMemory(std::size_t asked, std::size_t free, std::size_t total)
    : CheckError("out of the card's memory: " + std::to_string(asked >> 20) + " MiB asked for, " +
                 std::to_string(free >> 20) + " of " + std::to_string(total >> 20) + " MiB free") {}
OutOfMemory::OutOfMemory(const OutOfMemory&) noexcept = default;
OutOfMemory::~OutOfMemory() = default;

CheckMessage::CheckMessage(const char* operation) { stream_ << '[' << operation << "] "; }
CheckMessage::~CheckMessage() = default;

void CheckMessage::fail(const char* expression, const char* file, int line) const {
  throw CheckError(stream_.str() + " (" + expression + ", " + file + ':' + std::to_string(line) + ')');
}

}  // namespace bauta
