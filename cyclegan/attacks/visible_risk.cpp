#include "cyclegan/attacks/visible_risk.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ranges>
#include <stdexcept>

namespace bauta {
namespace {

// 204 photographs of CelebA at 128 x 128, linked by SFace; attackers taught 500 steps on 3,000 others.
constexpr std::array kRisks{
    VisibleRisk{20, 0.8625, 0.7999, 0.9286, "visible-superres"},
    VisibleRisk{16, 0.7925, 0.7137, 0.8546, "visible-superres"},
    VisibleRisk{12, 0.5600, 0.4718, 0.6569, "visible-superres"},
    VisibleRisk{10, 0.4675, 0.3694, 0.5570, "visible-superres"},
    VisibleRisk{8, 0.2025, 0.1399, 0.2672, "visible-superres"},
    VisibleRisk{6, 0.1425, 0.1015, 0.1878, "visible-superres"},
    VisibleRisk{4, 0.0650, 0.0254, 0.1071, "visible-gallery"},
    VisibleRisk{2, 0.0575, 0.0266, 0.0843, "mosaic"},
    VisibleRisk{1, 0.0500, 0.0198, 0.0858, "visible-superres"},
};

}  // namespace

std::span<const VisibleRisk> measured_visible_risks() { return kRisks; }

const VisibleRisk& visible_risk(int blocks) {
  if (blocks < 1)
    throw std::invalid_argument("visible_risk: " + std::to_string(blocks) + " blocks across a face");
  const auto coarsest_first = kRisks | std::views::reverse;
  const auto found = std::ranges::find_if(
      coarsest_first, [=](int tried) { return tried >= blocks; }, &VisibleRisk::blocks);
  return found != coarsest_first.end() ? *found : kRisks.front();
}

std::string visible_risk_line(int blocks) {
  const VisibleRisk& risk = visible_risk(blocks);
  char figures[120];
  constexpr double kPercent = 100;
  std::snprintf(figures, sizeof figures, "%s%.0f %% [%.0f, %.0f]",
                blocks > kRisks.front().blocks ? "over " : "", kPercent * risk.linked, kPercent * risk.low,
                kPercent * risk.high);
  std::string line = std::to_string(blocks) +
                     (blocks == 1 ? " block across a face stays" : " blocks across a face stay") +
                     " visible: bauta's own attackers link " + figures +
                     " of such faces to another photograph of the person, at 1 % false accepts";
  if (risk.blocks != blocks) line.append(" (measured at ").append(std::to_string(risk.blocks)).append(")");
  return line;
}

}  // namespace bauta
