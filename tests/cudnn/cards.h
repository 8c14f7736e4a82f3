// The cards that are only described: cards/*.json.
#pragma once

#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>

#include "kernels/cudnn_plans.h"

namespace bauta::test {

inline const cudnn::Target& described_card(const std::string& name) {
  static std::map<std::string, cudnn::Target> cards;
  const auto known = cards.find(name);
  if (known != cards.end()) return known->second;
  std::ifstream file(BAUTA_SOURCE_DIR "/tests/cudnn/cards/" + name + ".json");
  if (!file) throw std::runtime_error("tests/cudnn/cards/" + name + ".json cannot be read");
  const std::string json(std::istreambuf_iterator<char>(file), {});
  return cards.emplace(name, cudnn::Target(json)).first->second;
}

}  // namespace bauta::test
