#include "cyclegan/evaluation/verification.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

namespace bauta {
namespace {

bool is_genuine(const Comparison& comparison) { return comparison.first == comparison.second; }

// People are numbered anew without gaps, since only who is there may be drawn; sorted once, so that each
// resample is a single pass. Returns the number of people.
std::size_t prepare(std::vector<Comparison>& comparisons) {
  for (const Comparison& comparison : comparisons)
    if (!std::isfinite(comparison.score)) throw std::invalid_argument("verification: a score is not finite");
  const auto genuine = std::count_if(comparisons.begin(), comparisons.end(), is_genuine);
  if (genuine == 0 || genuine == std::ssize(comparisons))
    throw std::invalid_argument("verification: needs comparisons of one person and of two");
  std::sort(comparisons.begin(), comparisons.end(),
            [](const Comparison& a, const Comparison& b) { return a.score > b.score; });
  std::vector<std::size_t> people;
  for (const Comparison& comparison : comparisons)
    people.insert(people.end(), {comparison.first, comparison.second});
  std::sort(people.begin(), people.end());
  people.erase(std::unique(people.begin(), people.end()), people.end());
  for (Comparison& comparison : comparisons)
    for (std::size_t* person : {&comparison.first, &comparison.second})
      *person =
          static_cast<std::size_t>(std::lower_bound(people.begin(), people.end(), *person) - people.begin());
  return people.size();
}

double times_counted(const Comparison& comparison, std::span<const std::uint32_t> times) {
  const double first = times[comparison.first];
  return is_genuine(comparison) ? first : first * times[comparison.second];
}

// `roc` is empty afterwards where the resample holds no genuine or no impostor comparison.
void weighted_roc(std::span<const Comparison> sorted, std::span<const std::uint32_t> times,
                  std::vector<RocPoint>& roc) {
  roc.clear();
  roc.push_back({std::nextafter(sorted.front().score, HUGE_VAL), 0, 0});
  double impostors = 0, genuine = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double count = times_counted(sorted[i], times);
    (is_genuine(sorted[i]) ? genuine : impostors) += count;
    const bool last_of_score = i + 1 == sorted.size() || sorted[i + 1].score != sorted[i].score;
    if (last_of_score) roc.push_back({sorted[i].score, impostors, genuine});
  }
  if (impostors == 0 || genuine == 0) return roc.clear();
  for (RocPoint& point : roc) point.far /= impostors, point.tar /= genuine;
}

std::vector<RocPoint> measured_roc(std::span<const Comparison> sorted, std::size_t people) {
  const std::vector<std::uint32_t> once(people, 1);
  std::vector<RocPoint> roc;
  weighted_roc(sorted, once, roc);
  return roc;
}

// In the order of Verification.
std::array<double, 4> statistics_of(std::span<const RocPoint> roc) {
  return {area_under(roc), equal_error_rate(roc).rate, tar_at_far(roc, 0.01).tar, tar_at_far(roc, 0.001).tar};
}

}  // namespace

RocPoint tar_at_far(std::span<const RocPoint> roc, double far) {
  RocPoint best = roc.front();
  for (const RocPoint& point : roc)
    if (point.far <= far && point.tar > best.tar) best = point;
  return best;
}

EqualErrorRate equal_error_rate(std::span<const RocPoint> roc) {
  // FAR - (1 - TAR) rises from -1 to 1 along the curve.
  const auto excess = [](const RocPoint& point) { return point.far + point.tar - 1; };
  std::size_t i = 1;
  while (i + 1 < roc.size() && excess(roc[i]) < 0) ++i;
  const RocPoint &before = roc[i - 1], &after = roc[i];
  const double share = -excess(before) / (excess(after) - excess(before));
  return {std::lerp(before.far, after.far, share), std::lerp(before.threshold, after.threshold, share)};
}

double area_under(std::span<const RocPoint> roc) {
  double area = 0;
  for (std::size_t i = 1; i < roc.size(); ++i)
    area += (roc[i].far - roc[i - 1].far) * (roc[i].tar + roc[i - 1].tar) / 2;
  return area;
}

std::vector<RocPoint> roc_curve(std::vector<Comparison> comparisons) {
  const std::size_t people = prepare(comparisons);
  return measured_roc(comparisons, people);
}

Verification verify(std::vector<Comparison> comparisons, const BootstrapOptions& options) {
  const std::size_t people = prepare(comparisons);
  Verification result;
  result.roc = measured_roc(comparisons, people);
  result.genuine =
      static_cast<std::size_t>(std::count_if(comparisons.begin(), comparisons.end(), is_genuine));
  result.impostors = comparisons.size() - result.genuine;

  std::vector<RocPoint> resampled;
  const auto intervals = bootstrap(
      people, 4,
      [&](std::span<const std::uint32_t> times, std::span<double> values) {
        weighted_roc(comparisons, times, resampled);
        if (resampled.empty())
          std::fill(values.begin(), values.end(), std::numeric_limits<double>::quiet_NaN());
        else
          std::ranges::copy(statistics_of(resampled), values.begin());
      },
      options);
  const auto measured = statistics_of(result.roc);
  std::size_t i = 0;
  for (Figure* figure : {&result.auc, &result.eer, &result.tar_at_far_1pct, &result.tar_at_far_01pct}) {
    *figure = {measured[i], intervals[i].low, intervals[i].high, comparisons.size()};
    ++i;
  }
  std::set<std::size_t> with_a_pair;
  for (const Comparison& comparison : comparisons)
    if (is_genuine(comparison)) with_a_pair.insert(comparison.first);
  for (Figure* rate : {&result.tar_at_far_1pct, &result.tar_at_far_01pct})
    widen_if_certain(*rate, with_a_pair.size(), options.confidence);
  result.eer_threshold = equal_error_rate(result.roc).threshold;
  result.threshold_1pct = tar_at_far(result.roc, 0.01).threshold;
  result.threshold_01pct = tar_at_far(result.roc, 0.001).threshold;
  return result;
}

}  // namespace bauta
