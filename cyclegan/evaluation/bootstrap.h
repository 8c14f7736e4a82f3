// How sure a measured number is: percentile bootstrap (Efron, "Bootstrap Methods", Annals of Statistics 7(1),
// 1979; Efron & Tibshirani 1993, chapter 13).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace bauta {

// A number with its 95 % interval.
struct Figure {
  double mean = 0;  // or whatever statistic of the sample it is
  double low = 0;
  double high = 0;
  std::size_t n = 0;  // values it was computed from
};

// The same seed gives the same interval, on every machine: draws come from Philox, a stream a resample.
struct BootstrapOptions {
  std::size_t resamples = 2000;
  double confidence = 0.95;
  std::uint64_t seed = 1;
};

// Linear between the neighbouring order statistics: share 0 is the least, 1 the largest value. `sorted`
// ascending. Throws std::invalid_argument if it is empty or share is not in [0, 1].
double quantile(std::span<const double> sorted, double share);

struct Interval {
  double low = 0;
  double high = 0;
};

// A statistic of a resample that holds group g times[g] times; NaN where it has no value then.
using WeightedStatistic = std::function<double(std::span<const std::uint32_t> times)>;

// The interval between the (1 - confidence) / 2 quantile and its counterpart of the statistic over resamples
// of `groups` groups, drawn with replacement. A group is what is independent of the others: a picture, or a
// person with all their pictures and pairs, since pairs that share a person are not. Resamples without a
// value are left out. Throws std::invalid_argument for no group, no resample or a confidence outside (0, 1),
// std::runtime_error if the statistic has no value in more than half of the resamples.
Interval bootstrap(std::size_t groups, const WeightedStatistic& statistic,
                   const BootstrapOptions& options = {});

// The same for several statistics at a time, where they share work: fills values[0 .. count - 1].
using WeightedStatistics =
    std::function<void(std::span<const std::uint32_t> times, std::span<double> values)>;
std::vector<Interval> bootstrap(std::size_t groups, std::size_t count, const WeightedStatistics& statistics,
                                const BootstrapOptions& options = {});

// Mean of the values and its interval, each value a group of its own. One value is its own interval. Throws
// std::invalid_argument if there is none or one is not finite (a PSNR of equal pictures).
Figure summarize(std::span<const double> values, const BootstrapOptions& options = {});

// The same; nothing where there is no value.
std::optional<Figure> summarize_any(std::span<const double> values, const BootstrapOptions& options = {});

// The same as summarize, group[i] (any number) being who value i belongs to: groups are drawn with all their
// values. n is still the number of values. With a single group nothing can be said: the interval is the mean
// alone.
Figure summarize_groups(std::span<const double> values, std::span<const std::size_t> group,
                        const BootstrapOptions& options = {});

// A share that is 0 or 1 in every resample is not certain for that. Widens such a figure's interval to what
// as many independent cases allow (Clopper, Pearson, Biometrika 26, 1934): 0 of 30 is up to 11.6 %.
void widen_if_certain(Figure& share, std::size_t independent, double confidence = 0.95);
// summarize_groups of values that are 0 or 1, so widened: groups are independent.
Figure summarize_shares(std::span<const double> values, std::span<const std::size_t> group,
                        const BootstrapOptions& options = {});

}  // namespace bauta
