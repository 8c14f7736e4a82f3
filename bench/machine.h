// What was measured on.
#pragma once

#include <cstddef>
#include <string>

#include "kernels/context.h"

namespace bauta {

struct Machine {
  std::string name;          // of the processor or the card
  std::string driver = "-";  // the card's
  std::size_t caches = 0;    // bytes: the last level
};

Machine machine_of(const Context& ctx);

}  // namespace bauta
