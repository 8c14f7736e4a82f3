#include "kernels/view.h"

#include <ostream>

namespace bauta {

std::ostream& operator<<(std::ostream& out, const Shape& s) {
  return out << '(' << s.n << ", " << s.h << ", " << s.w << ", " << s.c << ')';
}

std::ostream& operator<<(std::ostream& out, DType type) {
  return out << (type == DType::Float32 ? "float32" : "bfloat16");
}

}  // namespace bauta
