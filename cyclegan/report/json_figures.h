// Figures as a report's JSON has them.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "cyclegan/evaluation/verification.h"

namespace bauta {

using Json = nlohmann::ordered_json;

inline Json json_of(const Figure& figure) {
  return {{"mean", figure.mean}, {"ci95", {figure.low, figure.high}}, {"n", figure.n}};
}

inline Json json_of(const std::optional<Figure>& figure) { return figure ? json_of(*figure) : Json(); }

inline Json number_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(); }

inline Json json_of(const std::optional<Verification>& found) {
  if (!found) return {};
  return {{"tar_at_far_1pct", json_of(found->tar_at_far_1pct)},
          {"tar_at_far_01pct", json_of(found->tar_at_far_01pct)},
          {"eer", json_of(found->eer)},
          {"auc", json_of(found->auc)},
          {"threshold_1pct", number_or_null(found->threshold_1pct)},
          {"genuine", found->genuine},
          {"impostors", found->impostors}};
}

}  // namespace bauta
