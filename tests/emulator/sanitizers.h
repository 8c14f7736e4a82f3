// What AddressSanitizer and ThreadSanitizer must be told about fibers. Without them nothing.
// Under ThreadSanitizer the emulator itself is compiled without it (its bookkeeping is no part of a kernel)
// and with EMULATOR_TSAN instead.
#pragma once

#include <cstddef>

#include "tests/emulator/emulator.h"

#ifdef EMULATOR_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef EMULATOR_TSAN
#include <sanitizer/tsan_interface.h>
extern "C" {
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}
#endif

namespace emulator {

#ifdef EMULATOR_TSAN
constexpr bool kTsan = true;
inline void tsan_release(void* place) { __tsan_release(place); }
inline void tsan_acquire(void* place) { __tsan_acquire(place); }
#else
constexpr bool kTsan = false;
inline void tsan_release(void*) {}
inline void tsan_acquire(void*) {}
#endif

#ifdef EMULATOR_ASAN
constexpr bool kAsan = true;
#else
constexpr bool kAsan = false;
#endif

// While one lives, ThreadSanitizer does not look at what this thread reads and writes.
class UnseenByTsan {
 public:
#ifdef EMULATOR_TSAN
  UnseenByTsan() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~UnseenByTsan() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
#else
  UnseenByTsan() {}
#endif
  UnseenByTsan(const UnseenByTsan&) = delete;
  UnseenByTsan& operator=(const UnseenByTsan&) = delete;
};

}  // namespace emulator
