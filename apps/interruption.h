// SIGINT and SIGTERM, for work that ends in good order when asked to.
#pragma once

#include "io/descriptor.h"

namespace bauta {

// While one lives, the first of the two signals is noted; the next ends the program as it would without. One
// at a time.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  static bool asked();
  // There is something to read from it once asked: for who waits. Throws std::runtime_error where the system
  // has none.
  int descriptor() const { return event_.number(); }

 private:
  Descriptor event_;
};

}  // namespace bauta
