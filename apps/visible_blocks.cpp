#include "apps/visible_blocks.h"

#include "cyclegan/attacks/visible_risk.h"

namespace bauta {

std::string visible_line(const std::optional<int>& blocks) {
  return blocks ? visible_risk_line(*blocks) : "one grey covers each face: nothing of it stays visible";
}

nlohmann::ordered_json visible_json(const std::optional<int>& blocks) {
  if (!blocks) return nullptr;
  const VisibleRisk& risk = visible_risk(*blocks);
  return {{"blocks", *blocks},
          {"measured_at_blocks", risk.blocks},
          {"attacker", risk.attacker},
          {"tar_at_far_1pct", {{"mean", risk.linked}, {"ci95", {risk.low, risk.high}}}}};
}

}  // namespace bauta
