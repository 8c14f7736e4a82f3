// Xu et al. 2024, Table 3: the methods that the paper compares itself with, and by which features.
#pragma once

#include <span>

namespace bauta {

// What the paper's text says; NotSaid where it leaves it to the reader.
enum class Said { No, Yes, NotSaid };

enum class AnonymityStrategy {
  Global,   // no facial feature remains
  Partial,  // what tells who somebody is, other features remain
  NotSaid,
};

struct ComparedMethod {
  int reference;     // the paper's number in brackets; 0 is the paper's own method
  const char* name;  // authors and year
  const char* what;  // in the words of section 2, shortened
  Said reversible;   // sections 2 and 5.4
  Said deep_learning;
  AnonymityStrategy strategy;  // section 5.4
};

// [23] to [31], then the paper's own. Read off sections 2 and 5.4, which say in words what the table shows in
// marks; the table itself is a picture that we do not have.
std::span<const ComparedMethod> table3();

}  // namespace bauta
