#include "kernels/view.h"

#include <ostream>

namespace bauta {

std::ostream& operator<<(std::ostream& out, const Shape& s) {
  return out << '(' << s.n << ", " << s.h << ", " << s.w << ", " << s.c << ')';
}

}  // namespace bauta
