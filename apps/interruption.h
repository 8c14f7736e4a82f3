// SIGINT and SIGTERM, for work that ends in good order when asked to.
#pragma once

namespace bauta {

// While one lives, the first of the two signals is noted; the next ends the program as it would without.
class Interruption {
 public:
  Interruption();
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  static bool asked();
};

}  // namespace bauta
