#include "kernels/check.h"

namespace bauta {

CheckError::CheckError(const std::string& message) : std::logic_error(message) {}
CheckError::CheckError(const CheckError&) noexcept = default;
CheckError::~CheckError() = default;

namespace {

std::string out_of_memory(const std::string& what, std::size_t free, std::size_t total) {
  return "out of the card's memory: " + what + ", " + std::to_string(free >> 20) + " of " +
         std::to_string(total >> 20) + " MiB free";
}

}  // namespace

OutOfMemory::OutOfMemory(std::size_t asked, std::size_t free, std::size_t total)
    : CheckError(out_of_memory(std::to_string(asked >> 20) + " MiB asked for", free, total)) {}
OutOfMemory::OutOfMemory(const std::string& who, std::size_t free, std::size_t total)
    : CheckError(out_of_memory(who + " found none", free, total)) {}
OutOfMemory::OutOfMemory(const OutOfMemory&) noexcept = default;
OutOfMemory::~OutOfMemory() = default;

CheckMessage::CheckMessage(const char* operation) { stream_ << '[' << operation << "] "; }
CheckMessage::~CheckMessage() = default;

void CheckMessage::fail(const char* expression, const char* file, int line) const {
  throw CheckError(stream_.str() + " (" + expression + ", " + file + ':' + std::to_string(line) + ')');
}

}  // namespace bauta
