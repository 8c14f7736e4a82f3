#include "cyclegan/attacks/attack.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <stdexcept>
#include <utility>

#include "cyclegan/attacks/forged.h"
#include "cyclegan/attacks/inverse.h"
#include "cyclegan/attacks/own_photographs.h"
#include "cyclegan/attacks/untrained.h"
#include "cyclegan/attacks/visible.h"
#include "cyclegan/evaluation/judgement.h"
#include "kernels/check.h"

namespace bauta {
namespace {

constexpr std::size_t kTwinSubjects = 24;

constexpr std::array kFamilies{
    AttackFamily{"nothing", "looks at the De-ID picture, and at a plain mosaic"},
    AttackFamily{"visible", "makes the most of the visible blocks: the floor"},
    AttackFamily{"forged", "trains a system like the victim's (the paper's four)"},
    AttackFamily{"unpaired", "trains one on the victim's De-ID pictures"},
    AttackFamily{"query", "asks for De-ID of own photographs and learns to invert it"},
    AttackFamily{"stolen", "has the Re-ID network, but no key"},
    AttackFamily{"wrong-key", "has the Re-ID network, and a wrong key"},
    AttackFamily{"twins", "three equal trainings side by side (Figs. 11 and 12)"},
};

void ignore(std::size_t) {}

}  // namespace

std::span<const AttackFamily> attack_families() { return kFamilies; }

std::optional<Figure> AttackerFigures::tar() const {
  if (opinions.empty() || !opinions.back().recognized.linked()) return {};
  return opinions.back().recognized.linked()->tar_at_far_1pct;
}

AttackVerdict verdict_of(const AttackFindings& findings) {
  AttackVerdict verdict;
  const auto raise = [](std::optional<Figure>& floor, const std::optional<Figure>& figure) {
    if (figure && (!floor || figure->mean > floor->mean)) floor = figure;
  };
  const auto above = [](const std::optional<Figure>& figure, const std::optional<Figure>& floor) {
    return figure && floor && figure->low > floor->high;
  };
  for (const AttackerFigures& attacker : findings.attackers) {
    if (!attacker.card.blocks_alone) continue;
    raise(verdict.floor_psnr_face, attacker.psnr_face);
    raise(verdict.floor_tar, attacker.tar());
  }
  for (const AttackerFigures& attacker : findings.attackers)
    if (!attacker.card.blocks_alone &&
        (above(attacker.psnr_face, verdict.floor_psnr_face) || above(attacker.tar(), verdict.floor_tar)))
      verdict.broken_by.push_back(attacker.card.name);
  return verdict;
}

struct AttackStudy::Assembly {
  // Attackers of the visible blocks are shown mosaics of so many blocks, the others what the victim
  // published.
  struct Enrolled {
    std::unique_ptr<Attacker> attacker;
    int shown_blocks = 0;  // 0: the victim's pictures
  };

  Assembly(Engine& on, SubjectSet judged_set, SubjectSet own_set, AttackPlan plan_)
      : engine(on),
        judged(std::move(judged_set)),
        own(std::move(own_set)),
        plan(std::move(plan_)),
        queries(*plan.victim.method, own, plan.seed) {
    if (judged.subjects.empty() || own.subjects.empty())
      throw std::invalid_argument("attack: nobody to judge by, or to learn from");
    BAUTA_CHECK(plan.steps >= 1, "a training of ", plan.steps, " steps");
    for (const std::string& family : plan.families)
      BAUTA_CHECK(std::ranges::find(kFamilies, family, &AttackFamily::name) != kFamilies.end(),
                  "no attackers are called ", family);
    enroll();
  }

  bool asked_for(const char* family) const {
    return std::ranges::find(plan.families, family) != plan.families.end();
  }
  InverseTraining inverse_training() const { return {.steps = plan.steps, .seed = plan.seed}; }

  std::unique_ptr<ForgedSystem> forged(Forgery forgery, std::uint64_t seed) const {
    return std::make_unique<ForgedSystem>(engine, own, plan.victim.training, forgery, plan.steps, seed);
  }

  void enroll() {
    const Victim& victim = plan.victim;
    const auto add = [this](std::unique_ptr<Attacker> attacker, int shown_blocks = 0) {
      enrolled.push_back({std::move(attacker), shown_blocks});
    };
    if (asked_for("nothing")) {
      add(std::make_unique<UntrainedAttacker>(looking_at_deid()));
      add(std::make_unique<UntrainedAttacker>(looking_at_mosaic()), plan.blocks);
    }
    if (asked_for("visible")) {
      adapts = !plan.opinions.empty() && std::ranges::any_of(own.subjects, [](const Subject& subject) {
        return subject.location.has_value();
      });
      if (!adapts)
        notes.push_back("visible-adapted: needs an identity network, and to know where the faces are.");
      for (auto& attacker : of_visible(plan.blocks)) add(std::move(attacker), plan.blocks);
      std::set<int, std::greater<>> numbers(plan.by_blocks.begin(), plan.by_blocks.end());
      numbers.erase(plan.blocks);
      for (const int blocks : numbers) {
        std::vector<Enrolled>& some = by_blocks.emplace_back(blocks, std::vector<Enrolled>()).second;
        some.push_back({std::make_unique<UntrainedAttacker>(looking_at_mosaic()), blocks});
        for (auto& attacker : of_visible(blocks)) some.push_back({std::move(attacker), blocks});
      }
    }
    // The systems with other seeds come after the first, which is the paper's third column of Fig. 10.
    if (asked_for("forged")) {
      auto first = forged(Forgery::Identical, plan.seed + 1);
      identical[0] = first.get();
      add(std::move(first));
      for (const Forgery forgery : {Forgery::Smaller, Forgery::Shorter, Forgery::OtherLoss})
        add(forged(forgery, plan.seed + 1));
    }
    if (asked_for("twins"))
      for (std::size_t i = 0; i < kTwins; ++i) {
        if (identical[i]) continue;
        twins.push_back(forged(Forgery::Identical, plan.seed + 1 + i));
        identical[i] = twins.back().get();
      }
    if (asked_for("unpaired")) add(forged(Forgery::OfPublished, plan.seed + 1));
    if (asked_for("query")) enroll_queries(add);
    if (asked_for("stolen")) {
      if (can_steal(victim))
        add(std::make_unique<UntrainedAttacker>(with_stolen_network(victim)));
      else
        notes.push_back("stolen: there is no Re-ID that works without a key.");
    }
    if (asked_for("wrong-key")) {
      if (victim.method->keyed() && victim.method->reversible())
        add(std::make_unique<UntrainedAttacker>(with_wrong_key(victim)));
      else
        notes.push_back("wrong-key: this method has no key; whoever has its Re-ID network restores.");
    }
  }

  void enroll_queries(const auto& add) {
    std::set<std::size_t> counts;
    for (const std::size_t asked : plan.queries) {
      counts.insert(std::min(asked, queries.most()));
      if (asked > queries.most())
        notes.push_back("query-" + std::to_string(asked) + ": the attackers have " +
                        std::to_string(queries.most()) + " photographs to ask with, so they ask " +
                        std::to_string(queries.most()) + " times.");
    }
    if (counts.empty()) return;
    const auto inverse = [&](std::size_t count, QueryInverse::Sees sees) {
      return std::make_unique<QueryInverse>(engine, queries, count, sees, inverse_training());
    };
    for (const std::size_t count : counts) add(inverse(count, QueryInverse::Sees::Everything));
    regressor = enrolled.size() - 1;
    add(inverse(*counts.rbegin(), QueryInverse::Sees::BlocksAlone));
  }

  std::vector<std::unique_ptr<Attacker>> of_visible(int blocks) const {
    std::vector<std::unique_ptr<Attacker>> attackers;
    attackers.push_back(std::make_unique<MosaickedGallery>());
    if (adapts)
      attackers.push_back(std::make_unique<AdaptedMatcher>(engine, own, own_embeddings, plan.opinions.back(),
                                                           blocks, plan.steps, plan.seed));
    attackers.push_back(std::make_unique<SuperResolution>(engine, own, blocks, inverse_training()));
    return attackers;
  }

  std::int64_t work() const {
    const auto count = static_cast<std::int64_t>(judged.subjects.size());
    std::int64_t sum = count * (1 + (plan.victim.method->reversible() ? 1 : 0));
    if (adapts) sum += static_cast<std::int64_t>(own.subjects.size());
    const auto add = [&](const Enrolled& one) { sum += one.attacker->card().steps + count; };
    for (const auto& one : enrolled) add(one);
    for (const auto& [blocks, some] : by_blocks)
      for (const auto& one : some) add(one);
    for (const auto& twin : twins) sum += twin->card().steps;
    if (asked_for("twins")) sum += std::min(count, static_cast<std::int64_t>(kTwinSubjects));
    return sum;
  }

  // The pictures an attacker is shown, and where their faces are.
  struct Shown {
    std::vector<Image> images;
    std::vector<FacePicture> pictures;
  };
  Shown shown(int blocks) const {
    Shown result;
    const std::size_t count = judged.subjects.size();
    result.images.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const Subject& subject = judged.subjects[i];
      const MosaicBox face = blocks > 0 ? face_with_blocks(subject, blocks) : subject.face;
      result.images.push_back(blocks > 0 ? only_blocks({&subject.clear, face}) : published[i]);
      result.pictures.push_back({&result.images.back(), face});
    }
    return result;
  }

  AttackerFigures measure(const AttackerCard& card, const Haul& haul, const Shown& seen) const {
    AttackerFigures result;
    result.card = card;
    std::vector<double> psnrs, faces, ssims;
    for (std::size_t i = 0; i < haul.pictures.size(); ++i) {
      const Subject& subject = judged.subjects[i];
      const Fidelity fidelity = compare(subject.clear, haul.pictures[i], subject.box());
      psnrs.push_back(fidelity.psnr);
      faces.push_back(fidelity.psnr_face);
      ssims.push_back(fidelity.ssim.rgb);
      constexpr double kPeak = 255;
      result.face_errors.push_back(kPeak * kPeak / std::pow(10, fidelity.psnr_face / 10));
      if (i < plan.kept_pictures) result.pictures.push_back(haul.pictures[i]);
    }
    result.psnr = summarize_any(psnrs, {.seed = plan.seed});
    result.psnr_face = summarize_any(faces, {.seed = plan.seed});
    result.ssim = summarize_any(ssims, {.seed = plan.seed});
    std::vector<Image> gallery;
    if (haul.as_gallery)
      for (std::size_t i = 0; i < judged.subjects.size(); ++i)
        gallery.push_back(haul.as_gallery({&judged.subjects[i].clear, seen.pictures[i].face}));
    for (std::size_t k = 0; k < plan.opinions.size(); ++k) {
      const Opinion& opinion = plan.opinions[k];
      AttackerFigures::Said said{opinion.name, {}, {}};
      Embeddings probes;
      if (!haul.pictures.empty())
        probes = embed(*opinion.network, judged, haul.pictures, ignore);
      else if (haul.guessed_as == opinion.name)
        probes = haul.guesses;
      if (!probes.empty()) {
        const Embeddings among =
            haul.as_gallery ? embed(*opinion.network, judged, gallery, ignore) : clear[k];
        said.cosine = summarize_any(cosines(clear[k], probes), {.seed = plan.seed});
        said.recognized.own_photograph = recognize(judged, probes, among, Gallery::OwnPhotograph, plan.seed);
        said.recognized.other_photograph =
            recognize(judged, probes, among, Gallery::OtherPhotograph, plan.seed);
      }
      result.opinions.push_back(std::move(said));
    }
    return result;
  }

  Engine& engine;
  SubjectSet judged, own;
  AttackPlan plan;
  Queries queries;
  std::vector<std::string> notes;
  std::vector<Enrolled> enrolled;
  std::vector<std::pair<int, std::vector<Enrolled>>> by_blocks;
  std::array<ForgedSystem*, kTwins> identical{};
  std::vector<std::unique_ptr<ForgedSystem>> twins;  // those that are not enrolled
  std::optional<std::size_t>
      regressor;  // of the enrolled: who has most queries; next comes its like of blocks
  bool adapts = false;
  Embeddings own_embeddings;

  std::vector<Image> published;
  std::vector<Embeddings> clear;  // an opinion each
};

AttackStudy::AttackStudy(Engine& engine, SubjectSet judged, SubjectSet own, AttackPlan plan)
    : assembly_(std::make_unique<Assembly>(engine, std::move(judged), std::move(own), std::move(plan))),
      work_(assembly_->work()) {}

AttackStudy::~AttackStudy() = default;

AttackFindings AttackStudy::run(const std::function<void(std::int64_t, const std::string&)>& done) {
  Assembly& a = *assembly_;
  const Method& victim = *a.plan.victim.method;
  const std::size_t count = a.judged.subjects.size();
  AttackFindings findings;
  findings.notes = a.notes;
  findings.own_photographs = a.own.subjects.size();

  for (const Opinion& opinion : a.plan.opinions)
    a.clear.push_back(embed_clear(*opinion.network, a.judged, ignore));
  for (const Subject& subject : a.judged.subjects) {
    a.published.push_back(through_png(victim.hide(face_picture(subject.clear, subject))));
    done(1, "De-ID");
  }
  const Assembly::Shown published = a.shown(0);
  std::vector<double> entropies;
  for (const FacePicture& picture : published.pictures) entropies.push_back(residual_entropy(picture));
  findings.channel.entropy = summarize(entropies, {.seed = a.plan.seed});
  if (victim.reversible()) {
    Haul restored;
    for (const FacePicture& picture : published.pictures) {
      restored.pictures.push_back(victim.restore(picture));
      done(1, "Re-ID");
    }
    findings.restored =
        a.measure({"Re-ID", "", "the victim's own Re-ID, for comparison", "everything"}, restored, published);
  }
  if (a.adapts)
    a.own_embeddings = embed_clear(*a.plan.opinions.back().network, a.own, [&](std::size_t more) {
      done(static_cast<std::int64_t>(more), "own photographs");
    });

  const auto attack = [&](const Assembly::Enrolled& one, const Assembly::Shown& seen) {
    const AttackerCard card = one.attacker->card();
    const Haul haul = one.attacker->attack(seen.pictures, [&] { done(1, card.name); });
    AttackerFigures figures = a.measure(card, haul, seen);
    done(static_cast<std::int64_t>(count), card.name);
    return figures;
  };
  const Assembly::Shown mosaics = a.shown(a.plan.blocks);
  for (const auto& one : a.enrolled)
    findings.attackers.push_back(attack(one, one.shown_blocks > 0 ? mosaics : published));
  for (const auto& [blocks, some] : a.by_blocks) {
    BlocksAttack& of_blocks = findings.by_blocks.emplace_back(blocks, std::vector<AttackerFigures>());
    const Assembly::Shown seen = a.shown(blocks);
    for (const auto& one : some) of_blocks.attackers.push_back(attack(one, seen));
  }
  if (!findings.by_blocks.empty()) {  // and the victim's own number among them
    BlocksAttack& own = findings.by_blocks.emplace_back(a.plan.blocks, std::vector<AttackerFigures>());
    for (std::size_t i = 0; i < a.enrolled.size(); ++i)
      if (a.enrolled[i].shown_blocks > 0) own.attackers.push_back(findings.attackers[i]);
    std::ranges::sort(findings.by_blocks, std::greater(), &BlocksAttack::blocks);
  }

  if (a.regressor) {
    const AttackerFigures &everything = findings.attackers[*a.regressor],
                          &blocks = findings.attackers[*a.regressor + 1];
    std::vector<double> bits, decibels;
    for (std::size_t i = 0; i < count; ++i) {
      bits.push_back(regressor_bits(blocks.face_errors[i], everything.face_errors[i]));
      decibels.push_back(10 * std::log10(blocks.face_errors[i] / everything.face_errors[i]));
    }
    findings.channel.regressor_bits = summarize_any(bits, {.seed = a.plan.seed});
    findings.channel.regressor_db = summarize_any(decibels, {.seed = a.plan.seed});
  }
  if (a.asked_for("twins")) {
    for (const auto& twin : a.twins) twin->attack({}, [&] { done(1, "twins"); });
    const auto pair_of = [&](std::size_t i) { return a.identical[i]->networks(); };
    findings.twins =
        compare_twins(a.engine, {pair_of(0), pair_of(1), pair_of(2)}, a.judged, kTwinSubjects,
                      std::min<std::size_t>(3, a.plan.kept_pictures), a.plan.seed, [&] { done(1, "twins"); });
  }
  a.published.resize(std::min(a.plan.kept_pictures, count));
  findings.published = std::move(a.published);
  findings.set = std::move(a.judged);
  return findings;
}

}  // namespace bauta
