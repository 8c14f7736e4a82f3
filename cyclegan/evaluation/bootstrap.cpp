#include "cyclegan/evaluation/bootstrap.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

#include "kernels/random.h"

namespace bauta {
namespace {

// The values of one group; their mean over a resample is all that is asked for.
struct GroupSum {
  double sum = 0;
  std::size_t count = 0;
};

double weighted_mean(const std::vector<GroupSum>& groups, std::span<const std::uint32_t> times) {
  double sum = 0, count = 0;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    sum += times[g] * groups[g].sum;
    count += static_cast<double>(times[g]) * static_cast<double>(groups[g].count);
  }
  return sum / count;
}

Figure summarize_sums(const std::vector<GroupSum>& groups, const BootstrapOptions& options) {
  Figure figure;
  for (const GroupSum& group : groups) figure.n += group.count;
  const std::vector<std::uint32_t> once(groups.size(), 1);
  figure.mean = weighted_mean(groups, once);
  const auto [low, high] = bootstrap(
      groups.size(), [&groups](std::span<const std::uint32_t> times) { return weighted_mean(groups, times); },
      options);
  // A mean of equal values may differ in its last bit from one resample to the next.
  figure.low = std::min(low, figure.mean), figure.high = std::max(high, figure.mean);
  return figure;
}

void check_values(std::span<const double> values) {
  if (values.empty()) throw std::invalid_argument("summarize: there is no value");
  for (const double value : values)
    if (!std::isfinite(value)) throw std::invalid_argument("summarize: a value is not finite");
}

}  // namespace

double quantile(std::span<const double> sorted, double share) {
  if (sorted.empty() || !(share >= 0 && share <= 1))
    throw std::invalid_argument("quantile: no values, or a share outside [0, 1]");
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

Interval bootstrap(std::size_t groups, const WeightedStatistic& statistic, const BootstrapOptions& options) {
  return bootstrap(
      groups, 1,
      [&statistic](std::span<const std::uint32_t> times, std::span<double> values) {
        values[0] = statistic(times);
      },
      options)[0];
}

std::vector<Interval> bootstrap(std::size_t groups, std::size_t count, const WeightedStatistics& statistics,
                                const BootstrapOptions& options) {
  if (groups == 0 || options.resamples == 0 || !(options.confidence > 0 && options.confidence < 1))
    throw std::invalid_argument("bootstrap: no group, no resample, or a confidence outside (0, 1)");
  std::vector<std::vector<double>> found(count);
  std::vector<std::uint32_t> times(groups);
  std::vector<double> values(count);
  for (std::size_t r = 0; r < options.resamples; ++r) {
    const RandomStream stream{options.seed, r};
    std::fill(times.begin(), times.end(), 0U);
    for (std::size_t i = 0; i < groups; ++i) ++times[stream.below(groups, i)];
    statistics(times, values);
    for (std::size_t s = 0; s < count; ++s)
      if (!std::isnan(values[s])) found[s].push_back(values[s]);
  }
  std::vector<Interval> intervals;
  const double tail = (1 - options.confidence) / 2;
  for (auto& of_statistic : found) {
    if (2 * of_statistic.size() < options.resamples)
      throw std::runtime_error("bootstrap: too few groups, most resamples have no value");
    std::sort(of_statistic.begin(), of_statistic.end());
    intervals.push_back({quantile(of_statistic, tail), quantile(of_statistic, 1 - tail)});
  }
  return intervals;
}

Figure summarize(std::span<const double> values, const BootstrapOptions& options) {
  check_values(values);
  std::vector<GroupSum> groups;
  for (const double value : values) groups.push_back({value, 1});
  return summarize_sums(groups, options);
}

std::optional<Figure> summarize_any(std::span<const double> values, const BootstrapOptions& options) {
  if (values.empty()) return {};
  return summarize(values, options);
}

void widen_if_certain(Figure& share, std::size_t independent, double confidence) {
  if (share.low != share.high || (share.mean != 0 && share.mean != 1) || independent == 0) return;
  const double bound = std::pow((1 - confidence) / 2, 1 / static_cast<double>(independent));
  if (share.mean == 0)
    share.high = 1 - bound;
  else
    share.low = bound;
}

Figure summarize_groups(std::span<const double> values, std::span<const std::size_t> group,
                        const BootstrapOptions& options) {
  check_values(values);
  if (values.size() != group.size())
    throw std::invalid_argument("summarize_groups: values and groups differ in number");
  std::map<std::size_t, GroupSum> sums;
  for (std::size_t i = 0; i < values.size(); ++i) {
    GroupSum& sum = sums[group[i]];
    sum.sum += values[i];
    ++sum.count;
  }
  std::vector<GroupSum> groups;
  for (const auto& [name, sum] : sums) groups.push_back(sum);
  return summarize_sums(groups, options);
}

Figure summarize_shares(std::span<const double> values, std::span<const std::size_t> group,
                        const BootstrapOptions& options) {
  Figure share = summarize_groups(values, group, options);
  widen_if_certain(share, std::set<std::size_t>(group.begin(), group.end()).size(), options.confidence);
  return share;
}

}  // namespace bauta
