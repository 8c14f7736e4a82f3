// How kernels and everything above them refuse a wrong argument.
#pragma once

#include <cstddef>
#include <sstream>
#include <stdexcept>
#include <string>

namespace bauta {

// A caller's mistake: shapes that do not fit, values out of range. The message names the operation,
// the failing expression and where it stands.
class CheckError : public std::logic_error {
 public:
  explicit CheckError(const std::string& message);
  CheckError(const CheckError&) noexcept;
  ~CheckError() override;
};

// A card has not the memory that is asked of it.
class OutOfMemory : public CheckError {
 public:
  // All in bytes: what was asked for, what is free, what the card has.
  OutOfMemory(std::size_t asked, std::size_t free, std::size_t total);
  // Where nobody says how much was asked for: who found none (a call of CUDA, a library).
  OutOfMemory(const std::string& who, std::size_t free, std::size_t total);
  OutOfMemory(const OutOfMemory&) noexcept;
  ~OutOfMemory() override;
};

// A refusal being written. Its members and CheckError's live in check.cpp, compiled for any machine: emitted
// in a kernel file, they would be shared with every other file and might carry that file's instruction set.
class CheckMessage {
 public:
  explicit CheckMessage(const char* operation);
  ~CheckMessage();
  CheckMessage(const CheckMessage&) = delete;
  CheckMessage& operator=(const CheckMessage&) = delete;

  std::ostream& stream() { return stream_; }
  [[noreturn]] void fail(const char* expression, const char* file, int line) const;

 private:
  std::ostringstream stream_;
};

template <class... Details>
[[noreturn, gnu::always_inline]] inline void fail_check(const char* operation, const char* expression,
                                                        const char* file, int line,
                                                        const Details&... details) {
  CheckMessage message(operation);
  std::ostream& out = message.stream();
  (out << ... << details);
  message.fail(expression, file, line);
}

}  // namespace bauta

// BAUTA_CHECK(a.c == b.c, "inputs have ", a.c, " and ", b.c, " channels");
#define BAUTA_CHECK(expression, ...)                                                                \
  do {                                                                                              \
    if (!(expression)) ::bauta::fail_check(__func__, #expression, __FILE__, __LINE__, __VA_ARGS__); \
  } while (false)
