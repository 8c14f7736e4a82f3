// What the blocks that stay visible of faces give away, as deid and video tell it.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace bauta {

// blocks: across a face; nothing where one grey covers each. A line for people, and an object for programs,
// null for the grey (cyclegan/attacks/visible_risk.h).
std::string visible_line(const std::optional<int>& blocks);
nlohmann::ordered_json visible_json(const std::optional<int>& blocks);

}  // namespace bauta
