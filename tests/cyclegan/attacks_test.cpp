#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cyclegan/attacks/attack.h"
#include "cyclegan/attacks/forged.h"
#include "cyclegan/attacks/inverse.h"
#include "cyclegan/attacks/visible.h"
#include "cyclegan/evaluation/judgement.h"
#include "cyclegan/report/attack_report.h"
#include "kernels/check.h"
#include "tests/cyclegan/attack_scene.h"
#include "tests/cyclegan/small_judge.h"

using namespace bauta;
using namespace bauta::test;

namespace {

// What the victim publishes of a set.
struct Published {
  Published(const Method& victim, const SubjectSet& set) {
    for (const Subject& subject : set.subjects)
      images.push_back(through_png(victim.hide(face_picture(subject.clear, subject))));
    for (std::size_t i = 0; i < images.size(); ++i)
      pictures.push_back(face_picture(images[i], set.subjects[i]));
  }
  std::vector<Image> images;
  std::vector<FacePicture> pictures;
};

double mean_psnr(const std::vector<Image>& made, const SubjectSet& set) {
  double sum = 0;
  for (std::size_t i = 0; i < made.size(); ++i)
    sum += psnr(set.subjects[i].clear, made[i], set.subjects[i].box());
  return sum / static_cast<double>(made.size());
}

TrainingConfig small_training() {
  TrainingConfig config;
  config.generator = GeneratorKind::Bounded;
  config.ngf = config.ndf = 2;
  config.residual_blocks = 3;
  return config;
}

void nothing_done() {}

}  // namespace

TEST_CASE("the meter reads zero on a plain mosaic and the entropy of a known residual") {
  Image image = blank_image(24, 24);
  const MosaicBox face{0, 0, 24, 24, 6};
  for (auto& level : image.pixels) level = 100;
  CHECK(residual_entropy({&image, face}) == 0);
  const Image waves = wavy_picture(1);
  const Image mosaicked = only_blocks({&waves, kSceneFace});
  CHECK(residual_entropy({&mosaicked, kSceneFace}) == 0);
  // Each block of 6 x 6 has 12 pixels of each of -1, 0, 1: its mean stays 100.
  for (int y = 0; y < 24; ++y)
    for (int x = 0; x < 24; ++x)
      for (int c = 0; c < 3; ++c) image.at(x, y)[c] = static_cast<std::uint8_t>(100 + (x + y) % 3 - 1);
  CHECK(residual_entropy({&image, face}) == doctest::Approx(3 * std::log2(3.0)));
  CHECK_THROWS_AS(residual_entropy({&image, {30, 30, 8, 8, 2}}), std::invalid_argument);

  CHECK(regressor_bits(100, 100) == 0);
  CHECK(regressor_bits(400, 100) == doctest::Approx(3));  // a bit a channel
  CHECK(regressor_bits(1.0 / 12, 0) == 0);                // finer than 8 bits can tell
}

TEST_CASE("an epoch shows every picture once, in an order of its own") {
  EpochOrder order(7, 3, 0), other(7, 3, 1);
  std::vector<std::size_t> first, second, elsewhere;
  for (int i = 0; i < 7; ++i) first.push_back(order.next());
  for (int i = 0; i < 7; ++i) second.push_back(order.next());
  for (int i = 0; i < 7; ++i) elsewhere.push_back(other.next());
  CHECK(first != second);
  CHECK(first != elsewhere);
  for (auto* seen : {&first, &second, &elsewhere}) {
    std::ranges::sort(*seen);
    for (std::size_t i = 0; i < 7; ++i) CHECK((*seen)[i] == i);
  }
}

TEST_CASE("who may query an open channel learns to invert it, and who sees its blocks alone does not") {
  Engine engine;
  const FaintResidual victim;
  const SubjectSet own = wavy_people(40, 100), judged = wavy_people(6, 1);
  const Published published(victim, judged);
  Queries queries(victim, own, 1);
  const InverseTraining training{.steps = 40, .batch = 2};
  int steps = 0;
  const auto attacked_by = [&](QueryInverse::Sees sees) {
    QueryInverse attacker(engine, queries, 40, sees, training);
    CHECK(attacker.card().queries == 40);
    CHECK(attacker.card().blocks_alone == (sees == QueryInverse::Sees::BlocksAlone));
    return mean_psnr(attacker.attack(published.pictures, [&] { ++steps; }).pictures, judged);
  };
  const double everything = attacked_by(QueryInverse::Sees::Everything);
  const double blocks = attacked_by(QueryInverse::Sees::BlocksAlone);
  const double looking = mean_psnr(published.images, judged);
  CHECK(steps == 80);
  CHECK(everything > looking + 6);
  CHECK(everything > blocks + 5);
  CHECK(blocks > looking - 3);

  InverseNetwork inverse(engine);
  inverse.learn(queries.first(40), {.steps = 1}, nothing_done);
  const std::vector<float> gain = inverse.gain().values();
  int right = 0, wrong = 0;
  for (int y = 0; y < kSceneSide; ++y)
    for (int x = 0; x < kSceneSide; ++x)
      for (int c = 0; c < 3; ++c) {
        const float g = gain[static_cast<std::size_t>(3 * (kSceneSide * y + x) + c)];
        if (g != 0) ++(g * static_cast<float>(FaintResidual::sign(x, y, c)) > 0 ? right : wrong);
      }
  CHECK(right > 24 * 24 * 3 * 9 / 10);
  CHECK(wrong < right / 100);
}

TEST_CASE("of a residual that is noise an inverse learns nothing") {
  Engine engine;
  const NoisyResidual victim;
  const SubjectSet own = wavy_people(40, 100), judged = wavy_people(6, 1);
  const Published published(victim, judged);
  Queries queries(victim, own, 1);
  const auto attacked_by = [&](QueryInverse::Sees sees) {
    QueryInverse attacker(engine, queries, 40, sees, {.steps = 40, .batch = 2});
    return mean_psnr(attacker.attack(published.pictures, nothing_done).pictures, judged);
  };
  CHECK(attacked_by(QueryInverse::Sees::Everything) < attacked_by(QueryInverse::Sees::BlocksAlone) + 0.5);
}

TEST_CASE("forged systems differ from the victim in one thing") {
  TrainingConfig victim = small_training();
  victim.residual_blocks = 9;
  victim.likeness = 1;
  const auto of = [&](Forgery forgery) { return forged_config(victim, forgery, 250, 8); };
  CHECK(of(Forgery::Identical).seed == 8);
  CHECK(of(Forgery::Identical).steps == 250);
  CHECK(of(Forgery::Identical).likeness == 0);
  CHECK(of(Forgery::Identical).residual_blocks == 9);
  CHECK(of(Forgery::Smaller).residual_blocks == 6);
  CHECK(of(Forgery::Shorter).steps == 150);
  CHECK(of(Forgery::OtherLoss).loss == AdversarialLoss::WassersteinGp);
  victim.loss = AdversarialLoss::WassersteinGp;
  CHECK(of(Forgery::OtherLoss).loss == AdversarialLoss::LeastSquares);
}

TEST_CASE("a matcher adapts to mosaics") {
  Engine engine;
  const SmallJudge judge(engine);
  const auto set_of = [&](std::size_t pictures, std::uint64_t first) {
    SubjectSet set = wavy_people(pictures, first);
    for (Subject& subject : set.subjects) subject.clear = resize(subject.clear, 12, 12);
    for (Subject& subject : set.subjects) subject.face = {0, 0, 12, 12, 3};
    return set;
  };
  const SubjectSet own = set_of(120, 100), judged = set_of(12, 1);
  const auto embeddings = [&](const SubjectSet& set) {
    std::vector<const Image*> clear;
    for (const Subject& subject : set.subjects) clear.push_back(&subject.clear);
    return embed(judge, set, clear, [](std::size_t) {});
  };
  const Embeddings own_embeddings = embeddings(own), truth = embeddings(judged);
  AdaptedMatcher matcher(engine, own, own_embeddings, {"small", &judge}, 4, 60, 1);
  std::vector<Image> mosaics;
  std::vector<FacePicture> shown;
  for (const Subject& subject : judged.subjects)
    mosaics.push_back(only_blocks({&subject.clear, subject.face}));
  for (std::size_t i = 0; i < mosaics.size(); ++i) shown.push_back({&mosaics[i], judged.subjects[i].face});
  const Haul haul = matcher.attack(shown, nothing_done);
  CHECK(haul.pictures.empty());
  CHECK(haul.guessed_as == "small");
  double right = 0, wrong = 0;
  for (std::size_t i = 0; i < 12; ++i) {
    right += cosine(*haul.guesses[i], *truth[i]) / 12;
    wrong += cosine(*haul.guesses[i], *truth[(i + 1) % 12]) / 12;
  }
  CHECK(right > wrong + 0.3);
}

TEST_CASE("the whole ladder: who breaks an open channel, and what is left to say of one under a key") {
  Engine engine;
  const FaintResidual open;
  AttackPlan plan{.victim = {&open, small_training()},
                  .families = {},
                  .opinions = {},
                  .steps = 6,
                  .queries = {8, 100},
                  .blocks = 4,
                  .by_blocks = {2, 4}};
  for (const AttackFamily& family : attack_families()) plan.families.emplace_back(family.name);
  AttackStudy study(engine, wavy_people(6, 1), wavy_people(20, 100), plan);
  std::int64_t done = 0;
  AttackReport report{"bauta attack", {{"model", "open"}}, {}, {}};
  report.findings = study.run([&](std::int64_t more, const std::string&) { done += more; });
  CHECK(done == study.work());
  std::vector<std::string> names;
  for (const AttackerFigures& figures : report.findings.attackers) names.push_back(figures.card.name);
  CHECK(names == std::vector<std::string>{"deid", "mosaic", "visible-gallery", "visible-superres",
                                          "forged-identical", "forged-smaller", "forged-shorter",
                                          "forged-other-loss", "forged-unpaired", "query-8", "query-20",
                                          "query-blocks-20", "stolen"});
  // No identity network; 100 queries with 20 photographs; no key.
  CHECK(report.findings.notes.size() == 3);
  const AttackVerdict verdict = verdict_of(report.findings);
  CHECK(std::ranges::count(verdict.broken_by, "query-20") == 1);
  CHECK(std::ranges::count(verdict.broken_by, "stolen") == 1);
  CHECK(std::ranges::count(verdict.broken_by, "deid") == 0);
  CHECK(attack_verdict_line(report.findings).find("broken by") != std::string::npos);
  REQUIRE(report.findings.channel.regressor_bits);
  CHECK(report.findings.channel.regressor_bits->mean > 1);
  CHECK(report.findings.channel.entropy.mean > 1);
  REQUIRE(report.findings.by_blocks.size() == 2);
  CHECK(report.findings.by_blocks.front().blocks == 4);
  REQUIRE(report.findings.twins);
  CHECK(report.findings.twins->cross_psnr[0][1].n == 6);

  const auto json = nlohmann::json::parse(attack_report_json(report));
  CHECK(json["attackers"].size() == names.size());
  CHECK(json["attackers"][10]["cost"]["queries"] == 20);
  CHECK(json["attackers"][10]["cost"]["steps"] == 6);
  CHECK(json["attackers"][6]["cost"]["steps"] == 3);
  const std::string page = attack_report_html(report);
  for (const char* part : {"Fig. 10", "Fig. 11", "Fig. 12", "query-20", "hidden channel"})
    CHECK_MESSAGE(page.find(part) != std::string::npos, part);

  const NoisyResidual keyed;
  plan.victim = {&keyed, small_training()};
  plan.families = {"nothing", "query", "stolen", "wrong-key"};
  AttackStudy under_key(engine, wavy_people(6, 1), wavy_people(20, 100), plan);
  const AttackFindings kept = under_key.run([](std::int64_t, const std::string&) {});
  names.clear();
  for (const AttackerFigures& figures : kept.attackers) names.push_back(figures.card.name);
  CHECK(names == std::vector<std::string>{"deid", "mosaic", "query-8", "query-20", "query-blocks-20",
                                          "stolen", "wrong-key"});
  CHECK(verdict_of(kept).broken_by.empty());
  CHECK(std::abs(kept.channel.regressor_bits->mean) < 0.3);
  CHECK(kept.channel.entropy.mean > 3 * 3.5);  // log2(15) is 3.9
  AttackPlan unknown = plan;
  unknown.families = {"magic"};
  CHECK_THROWS_AS(AttackStudy(engine, wavy_people(6, 1), wavy_people(4, 100), unknown), CheckError);
  CHECK_THROWS_AS(AttackStudy(engine, {}, wavy_people(4, 100), plan), std::invalid_argument);
}
