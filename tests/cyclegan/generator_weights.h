// The weights of two generators, for comparison.
#pragma once

#include <string>
#include <vector>

#include "cyclegan/training/trainer.h"

namespace bauta::test {

// All master values, De-ID's first.
inline std::vector<float> weights(const GeneratorPair& pair) {
  std::vector<float> all;
  for (const Generator* generator : {&pair.deid, &pair.reid}) {
    std::vector<NamedParameter> named;
    generator->collect("", named);
    for (const auto& [name, parameter] : named) {
      const std::vector<float> values = parameter->master.values();
      all.insert(all.end(), values.begin(), values.end());
    }
  }
  return all;
}

}  // namespace bauta::test
