// What the paper compares itself with (sections 2 and 5.4, Table 3), to be run instead of quoted, and bauta's
// own De-ID without a network: each by a name, as the command line has it.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "cyclegan/evaluation/method.h"
#include "nn/engine.h"

namespace bauta {

struct BaselineKind {
  const char* name;  // as it is written: "mosaic-N"; N is a whole number, FILE a path
  const char* what;  // a line
};

// All that make_baseline knows, in the order of a report.
std::span<const BaselineKind> baseline_kinds();

// The method of that name. engine: for those that are networks; it must outlive the method, and nobody else
// may use it while a call is under way. Throws std::invalid_argument, naming those there are, for a name that
// is none of them or a number that it cannot have; FileError for a network's file.
std::unique_ptr<Method> make_baseline(Engine& engine, const std::string& name);

}  // namespace bauta
