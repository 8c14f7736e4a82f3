// How well scores tell pairs of one person from pairs of two: ROC, AUC, EER, TAR at a FAR. The measures of
// face verification (ISO/IEC 19795-1; NIST FRVT calls TAR 1 - FNMR and FAR FMR).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "cyclegan/evaluation/bootstrap.h"

namespace bauta {

// Two pictures compared; a higher score says more alike (cosine similarity, eq. 6). People are any
// numbers; the comparison is genuine where both are the same one, an impostor's where they are not.
struct Comparison {
  double score = 0;
  std::size_t first = 0;
  std::size_t second = 0;
};

// Accepting every score >= threshold: the share of impostors accepted, the share of genuine pairs accepted.
struct RocPoint {
  double threshold = 0;
  double far = 0;
  double tar = 0;
};

// One point a distinct score, from high to low, and before them one just above the highest, where nothing is
// accepted. Throws std::invalid_argument if a score is not finite or there are no genuine or no impostor
// comparisons.
std::vector<RocPoint> roc_curve(std::vector<Comparison> comparisons);

// The three below take a whole curve, as roc_curve gives it.
//
// Largest TAR among the curve's points whose FAR is at most the one asked for, and its threshold: a place
// that was measured, nothing interpolated and no FAR below 1 / impostors promised but 0 itself.
RocPoint tar_at_far(std::span<const RocPoint> roc, double far);

// The rate where FAR = 1 - TAR, linear between the two points around it, and that threshold likewise.
struct EqualErrorRate {
  double rate = 0;
  double threshold = 0;
};
EqualErrorRate equal_error_rate(std::span<const RocPoint> roc);

// Area under the curve, linear between points: the probability that a genuine score is above an impostor's,
// ties counting half (Mann & Whitney's U over the number of pairs).
double area_under(std::span<const RocPoint> roc);

// All from the curve of one set of comparisons. Their `mean` is the measured value, n the comparisons it was
// computed from (genuine and impostor). Intervals: people are drawn, not comparisons: person p drawn t_p
// times counts t_p times in genuine comparisons, and a comparison of p and q t_p t_q times.
struct Verification {
  Figure auc;
  Figure eer;
  Figure tar_at_far_1pct;
  Figure tar_at_far_01pct;    // at FAR 0.1 %; with less than 1000 impostors it is that at FAR 0
  double eer_threshold = 0;   // of the whole set, as the next two
  double threshold_1pct = 0;  // accepts scores >= it
  double threshold_01pct = 0;
  std::vector<RocPoint> roc;
  std::size_t genuine = 0;  // comparisons
  std::size_t impostors = 0;
};

// Throws as roc_curve and bootstrap do: there must be comparisons of both kinds in most resamples.
Verification verify(std::vector<Comparison> comparisons, const BootstrapOptions& options = {});

}  // namespace bauta
