#include "cyclegan/evaluation/verification.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "kernels/random.h"
#include "tests/cyclegan/evaluation_golden.h"

using namespace bauta;

namespace {

// Genuine pairs of person 0, 1, ..., impostors between one person and the next.
std::vector<Comparison> comparisons(const std::vector<double>& genuine, const std::vector<double>& impostor) {
  std::vector<Comparison> result;
  for (std::size_t i = 0; i < genuine.size(); ++i) result.push_back({genuine[i], i, i});
  for (std::size_t i = 0; i < impostor.size(); ++i) result.push_back({impostor[i], i, i + 1});
  return result;
}

std::vector<double> doubles(const NamedTensor& tensor) {
  return {tensor.values.begin(), tensor.values.end()};
}

// One comparison of every two pictures: scores of people who are more or less easily told apart.
std::vector<Comparison> everyone_with_everyone(std::size_t people, std::size_t pictures, std::uint64_t seed) {
  const RandomStream stream{seed, 0};
  std::vector<Comparison> result;
  for (std::size_t a = 0; a < people * pictures; ++a)
    for (std::size_t b = 0; b < a; ++b) {
      const std::size_t p = a / pictures, q = b / pictures;
      const double ease = stream.uniform(p) + stream.uniform(q);
      const double noise = stream.uniform(1000 + a * 1000 + b);
      result.push_back({p == q ? 0.2 + 0.5 * ease + noise : 0.8 * noise, p, q});
    }
  return result;
}

}  // namespace

TEST_CASE("ROC, AUC, EER and TAR are scikit-learn's, ties included") {
  const test::EvaluationGolden golden;
  const auto& expected = golden.expected.at("verification");
  const auto all =
      comparisons(doubles(golden.file.tensors.at("genuine")), doubles(golden.file.tensors.at("impostor")));
  const auto roc = roc_curve(all);
  const auto far = expected.at("far").get<std::vector<double>>();
  const auto tar = expected.at("tar").get<std::vector<double>>();
  REQUIRE(roc.size() == far.size());
  for (std::size_t i = 0; i < roc.size(); ++i) {
    CHECK(roc[i].far == doctest::Approx(far[i]).epsilon(1e-12));
    CHECK(roc[i].tar == doctest::Approx(tar[i]).epsilon(1e-12));
  }
  const auto number = [&expected](const char* name) { return expected.at(name).get<double>(); };
  CHECK(area_under(roc) == doctest::Approx(number("auc")).epsilon(1e-12));
  CHECK(equal_error_rate(roc).rate == doctest::Approx(number("eer")).epsilon(1e-12));
  CHECK(tar_at_far(roc, 0.01).tar == doctest::Approx(number("tar_at_far_1pct")).epsilon(1e-12));
  CHECK(tar_at_far(roc, 0.001).tar == doctest::Approx(number("tar_at_far_01pct")).epsilon(1e-12));
}

TEST_CASE("a TAR is what its threshold accepts, and no more impostors than asked for") {
  const auto all = everyone_with_everyone(12, 5, 1);
  const auto roc = roc_curve(all);
  for (const double far : {0.0, 0.01, 0.1, 0.5, 1.0}) {
    const RocPoint point = tar_at_far(roc, far);
    double accepted[2] = {0, 0}, count[2] = {0, 0};
    for (const Comparison& comparison : all) {
      const bool genuine = comparison.first == comparison.second;
      count[genuine] += 1;
      accepted[genuine] += comparison.score >= point.threshold;
    }
    CHECK(point.tar == accepted[1] / count[1]);
    CHECK(point.far == accepted[0] / count[0]);
    CHECK(point.far <= far);
  }
  CHECK(tar_at_far(roc, 1).tar == 1);
}

TEST_CASE(
    "AUC counts ties half, perfect and reversed scores have theirs, an EER may lie between two points") {
  CHECK(area_under(roc_curve(comparisons({1, 1}, {1, 1, 1}))) == 0.5);
  CHECK(area_under(roc_curve(comparisons({2, 1}, {1, 0}))) == 0.875);
  const auto perfect = roc_curve(comparisons({0.8, 0.9}, {0.1, 0.2}));
  CHECK(area_under(perfect) == 1);
  CHECK(equal_error_rate(perfect).rate == 0);
  CHECK(equal_error_rate(perfect).threshold == 0.8);
  CHECK(tar_at_far(perfect, 0.001).tar == 1);
  const auto reversed = roc_curve(comparisons({0.1, 0.2}, {0.8, 0.9}));
  CHECK(area_under(reversed) == 0);
  CHECK(equal_error_rate(reversed).rate == 1);
  CHECK(tar_at_far(reversed, 0.4).tar == 0);
  CHECK(tar_at_far(reversed, 0.4).threshold > 0.9);
  // FAR 1/2, TAR 1 after FAR 0, TAR 1/2: between them FAR 1/4 = 1 - TAR 3/4 where both rise at one score
  const auto crossing = roc_curve(comparisons({2, 1}, {1, 0}));
  CHECK(equal_error_rate(crossing).rate == 0.25);
  CHECK(equal_error_rate(crossing).threshold == 1.5);
  CHECK(tar_at_far(crossing, 0.5).tar == 1);  // exactly as many impostors as allowed
  CHECK(tar_at_far(crossing, 0.49).tar == 0.5);
  CHECK(tar_at_far(crossing, 0).tar == 0.5);
}

TEST_CASE("verification: figures hold the measured value, people are drawn and not pairs") {
  const auto all = everyone_with_everyone(25, 6, 2);
  const BootstrapOptions options{.resamples = 400};
  const Verification found = verify(all, options);
  CHECK(found.genuine == 25 * 15);
  CHECK(found.genuine + found.impostors == all.size());
  CHECK(found.roc.size() == roc_curve(all).size());
  CHECK(found.auc.mean == area_under(found.roc));
  CHECK(found.eer.mean == equal_error_rate(found.roc).rate);
  CHECK(found.tar_at_far_1pct.mean == tar_at_far(found.roc, 0.01).tar);
  CHECK(found.threshold_01pct == tar_at_far(found.roc, 0.001).threshold);
  CHECK(found.threshold_01pct >= found.threshold_1pct);
  for (const Figure& figure : {found.auc, found.eer, found.tar_at_far_1pct, found.tar_at_far_01pct}) {
    CHECK(figure.low < figure.high);
    CHECK(figure.low <= figure.mean);
    CHECK(figure.mean <= figure.high);
  }
  // As if every pair were of people of its own: what the people have in common is lost, the interval narrow.
  auto independent = all;
  std::size_t next = 0;
  for (Comparison& comparison : independent) {
    const bool genuine = comparison.first == comparison.second;
    comparison.first = next++;
    comparison.second = genuine ? comparison.first : next++;
  }
  const Verification naive = verify(independent, options);
  CHECK(naive.auc.mean == found.auc.mean);
  CHECK(found.auc.high - found.auc.low > 1.5 * (naive.auc.high - naive.auc.low));
}

TEST_CASE("verification: a pair counts as often as its two people were drawn") {
  const auto all = everyone_with_everyone(7, 3, 4);
  const auto auc_by_counting = [&all](std::span<const std::uint32_t> times) {
    double above = 0, count = 0;
    for (const Comparison& genuine : all)
      for (const Comparison& impostor : all) {
        if (genuine.first != genuine.second || impostor.first == impostor.second) continue;
        const double pairs = times[genuine.first] * times[impostor.first] * times[impostor.second];
        above += pairs * (genuine.score > impostor.score ? 1 : genuine.score == impostor.score ? 0.5 : 0);
        count += pairs;
      }
    return above / count;
  };
  const BootstrapOptions options{.resamples = 150, .seed = 3};
  const Interval expected = bootstrap(7, auc_by_counting, options);
  const Figure auc = verify(all, options).auc;
  CHECK(auc.low == doctest::Approx(expected.low).epsilon(1e-12));
  CHECK(auc.high == doctest::Approx(expected.high).epsilon(1e-12));
}

TEST_CASE("verification: people's intervals cover the truth as often as they say") {
  // The chance that a genuine score (0.2 + ease + noise) exceeds an impostor's, over many people.
  const double truth = area_under(roc_curve(everyone_with_everyone(300, 2, 99)));
  constexpr int kTrials = 120;
  int covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    const auto found = verify(everyone_with_everyone(30, 3, 1000 + static_cast<std::uint64_t>(trial)),
                              {.resamples = 200, .seed = static_cast<std::uint64_t>(trial)});
    covered += found.auc.low <= truth && truth <= found.auc.high;
  }
  CAPTURE(covered);
  CHECK(covered >= 0.88 * kTrials);
}

TEST_CASE("verification: who is in no comparison is not drawn") {
  std::vector<Comparison> near{{0.9, 0, 0}, {0.7, 1, 1}, {0.8, 0, 1}, {0.1, 1, 2}, {0.6, 2, 2}};
  auto far = near;
  for (Comparison& comparison : far) comparison.first += 1'000'000'000, comparison.second += 1'000'000'000;
  CHECK(verify(near).auc.low == verify(far).auc.low);
}

TEST_CASE("verification refuses what has no curve") {
  CHECK_THROWS_AS(roc_curve({}), std::invalid_argument);
  CHECK_THROWS_AS(roc_curve(comparisons({1}, {})), std::invalid_argument);
  CHECK_THROWS_AS(verify(comparisons({}, {1})), std::invalid_argument);
  CHECK_THROWS_AS(verify(comparisons({std::nan("")}, {1})), std::invalid_argument);
}
