#include "cyclegan/evaluation/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "cyclegan/evaluation/damage.h"

namespace bauta {

namespace {

// The embeddings of one network that are needed more than once.
struct Known {
  const IdentityNetwork* network;
  Embeddings clear;
};

std::vector<double> cosine_rows(const Embeddings& a, const Embeddings& b) {
  std::vector<double> rows;
  for (std::size_t i = 0; i < a.size(); ++i)
    rows.push_back(a[i] && b[i] ? cosine(*a[i], *b[i]) : std::numeric_limits<double>::quiet_NaN());
  return rows;
}

std::vector<double> shares(std::vector<double> rows, const auto& counts) {
  for (double& row : rows)
    if (!std::isnan(row)) row = counts(row) ? 1 : 0;
  return rows;
}

bool in_band(double cosine) { return std::abs(cosine) <= kUnlinkableBand; }

class SetStudy {
 public:
  SetStudy(SubjectSet& set, const EvaluationPlan& plan, const std::function<void(std::size_t)>& done)
      : set_(set), plan_(plan), done_(done) {
    for (const Opinion& opinion : plan.opinions)
      known_.push_back({opinion.network, embed_clear(*opinion.network, set, done)});
  }

  Yardstick yardstick() const {
    Yardstick result;
    result.strangers = pairs_of_strangers(set_, kStrangers, plan_.seed);
    std::vector<double> psnrs, rgb, luma;
    for (const auto& [i, j] : result.strangers) {
      const Fidelity fidelity =
          compare(set_.subjects[i].clear, set_.subjects[j].clear, set_.subjects[i].box());
      psnrs.push_back(fidelity.psnr);
      rgb.push_back(fidelity.ssim.rgb);
      luma.push_back(fidelity.ssim.luma);
    }
    result.psnr = summarize_any(psnrs, {.seed = plan_.seed});
    result.ssim = summarize_any(rgb, {.seed = plan_.seed});
    result.ssim_luma = summarize_any(luma, {.seed = plan_.seed});
    for (std::size_t k = 0; k < known_.size(); ++k) {
      Yardstick::Said said{plan_.opinions[k].name, {}, {}, {}};
      std::vector<double> values;
      for (const auto& [i, j] : result.strangers) {
        const auto &a = known_[k].clear[i], &b = known_[k].clear[j];
        said.cosines.push_back(a && b ? cosine(*a, *b) : std::numeric_limits<double>::quiet_NaN());
        if (a && b) values.push_back(said.cosines.back());
      }
      said.cosine = summarize_any(values, {.seed = plan_.seed});
      said.recognized =
          recognize(set_, known_[k].clear, known_[k].clear, Gallery::OtherPhotograph, plan_.seed);
      result.opinions.push_back(std::move(said));
    }
    return result;
  }

  MethodFigures method(const NamedMethod& judged) const {
    MethodFigures result;
    result.name = judged.name;
    result.reversible = judged.method->reversible();
    result.keyed = judged.method->keyed();
    for (const Subject& subject : set_.subjects) {
      result.pictures.push_back(judge(*judged.method, subject));
      done_(1);
    }
    summarize_pictures(result);
    for (std::size_t k = 0; k < known_.size(); ++k) result.identity.push_back(identity(result, k));
    return result;
  }

  std::vector<DamageFigures> damages_of(const MethodFigures& model) const {
    std::vector<DamageFigures> results;
    const std::size_t count = std::min(plan_.damaged, set_.subjects.size());
    if (!model.reversible || count == 0) return results;
    std::vector<Image> untouched;
    for (std::size_t i = 0; i < count; ++i) untouched.push_back(model.pictures[i].restored);
    results.push_back(damage_figures({"none (PNG)", "", 0, {}}, untouched));
    for (const Damage& damage : damages()) {
      std::vector<Image> restored;
      for (std::size_t i = 0; i < count; ++i) {
        const Image damaged = damage.apply(model.pictures[i].hidden, plan_.seed + i);
        restored.push_back(plan_.model.method->restore(face_picture(damaged, set_.subjects[i])));
        done_(1);
      }
      results.push_back(damage_figures(damage, restored));
    }
    return results;
  }

  std::vector<BlocksFigures> by_blocks() const {
    std::vector<BlocksFigures> results;
    if (known_.empty()) return results;
    for (int blocks : plan_.blocks) {
      std::vector<Image> mosaics;
      for (const Subject& subject : set_.subjects) {
        mosaics.push_back(mosaic(subject.clear, subject.box(), mosaic_block(subject.box(), blocks)));
        done_(1);
      }
      BlocksFigures of_blocks{blocks, {}};
      for (const Known& known : known_) {
        const Embeddings hidden = embed(*known.network, set_, mosaics, done_);
        const std::vector<double> rows = cosine_rows(known.clear, hidden);
        of_blocks.opinions.push_back(
            {of_rows(rows), share_of_rows(shares(rows, in_band)), recognition(hidden, known.clear, hidden)});
      }
      results.push_back(std::move(of_blocks));
    }
    return results;
  }

 private:
  // Of the values that there are, one a subject at most, NaN where there is none; drawn by people.
  std::optional<Figure> of_rows(const std::vector<double>& rows,
                                decltype(summarize_groups)& summarized = summarize_groups) const {
    std::vector<double> values;
    std::vector<std::size_t> people;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (std::isnan(rows[i])) continue;
      values.push_back(rows[i]);
      people.push_back(set_.subjects[i].person);
    }
    if (values.empty()) return {};
    return summarized(values, people, {.seed = plan_.seed});
  }

  // The same of values that are 0 or 1.
  std::optional<Figure> share_of_rows(const std::vector<double>& rows) const {
    return of_rows(rows, summarize_shares);
  }

  // restored: of the first subjects.
  DamageFigures damage_figures(const Damage& damage, const std::vector<Image>& restored) const {
    std::vector<double> psnrs, ssims;
    for (std::size_t i = 0; i < restored.size(); ++i) {
      const Fidelity fidelity = compare(set_.subjects[i].clear, restored[i], set_.subjects[i].box());
      psnrs.push_back(fidelity.psnr);
      ssims.push_back(fidelity.ssim.rgb);
    }
    DamageFigures figures{damage.name, damage.curve, damage.strength, *of_rows(psnrs), *of_rows(ssims), {}};
    for (const Known& known : known_)
      figures.cosine.push_back(
          of_rows(cosine_rows(known.clear, embed(*known.network, set_, restored, done_))));
    return figures;
  }

  Recognition recognition(const Embeddings& probes, const Embeddings& clear, const Embeddings& hidden) const {
    return {recognize(set_, probes, clear, Gallery::OwnPhotograph, plan_.seed),
            recognize(set_, probes, clear, Gallery::OtherPhotograph, plan_.seed),
            recognize(set_, probes, hidden, Gallery::OtherPhotograph, plan_.seed)};
  }

  IdentityFigures identity(const MethodFigures& of, std::size_t k) const {
    const Known& known = known_[k];
    IdentityFigures result;
    result.name = plan_.opinions[k].name;
    const auto embeddings_of = [&](Image Judgement::*picture) {
      std::vector<const Image*> pictures;
      for (const Judgement& judgement : of.pictures) pictures.push_back(&(judgement.*picture));
      return embed(*known.network, set_, pictures, done_);
    };
    const Embeddings hidden = embeddings_of(&Judgement::hidden);
    const Embeddings restored =
        of.reversible ? embeddings_of(&Judgement::restored) : Embeddings(hidden.size());
    result.deid_cosines = cosine_rows(known.clear, hidden);
    result.reid_cosines = cosine_rows(known.clear, restored);
    result.cosine = {of_rows(result.deid_cosines), of_rows(result.reid_cosines)};
    result.within_band = share_of_rows(shares(result.deid_cosines, in_band));
    result.alike = share_of_rows(shares(result.reid_cosines, [](double value) { return value >= kAlike; }));
    if (of.keyed) result.wrong_key = of_rows(cosine_rows(known.clear, embeddings_of(&Judgement::misread)));
    result.deid = recognition(hidden, known.clear, hidden);
    result.reid = recognition(restored, known.clear, hidden);
    return result;
  }

  // Of every picture that has the value.
  std::optional<Figure> mean_of(const MethodFigures& of, const auto& value) const {
    std::vector<double> rows;
    for (const Judgement& judgement : of.pictures)
      rows.push_back(value(judgement).value_or(std::numeric_limits<double>::quiet_NaN()));
    return of_rows(rows);
  }

  void summarize_pictures(MethodFigures& of) const {
    const auto fidelity = [&](const auto& part) {
      Pair both{mean_of(of, [&](const Judgement& j) -> std::optional<double> { return part(j.deid); }), {}};
      if (of.reversible)
        both.reid = mean_of(of, [&](const Judgement& j) -> std::optional<double> { return part(j.reid); });
      return both;
    };
    of.psnr = fidelity([](const Fidelity& f) { return f.psnr; });
    of.psnr_face = fidelity([](const Fidelity& f) { return f.psnr_face; });
    of.ssim = fidelity([](const Fidelity& f) { return f.ssim.rgb; });
    of.ssim_luma = fidelity([](const Fidelity& f) { return f.ssim.luma; });
    const auto mean = [&](const auto& part) {
      return mean_of(of, [&](const Judgement& j) -> std::optional<double> { return part(j); });
    };
    if (of.keyed && of.reversible)
      of.psnr_wrong_key = mean([](const Judgement& j) { return j.wrong_key.psnr; });
    of.deviation = mean([](const Judgement& j) { return j.deviation; });
    of.mosaic_psnr = mean([](const Judgement& j) { return j.mosaic_psnr; });
    std::vector<double> hidden;
    for (const Judgement& judgement : of.pictures) hidden.push_back(judgement.face_hidden ? 1 : 0);
    of.face_hidden = share_of_rows(hidden);
    of.hide_seconds = mean([](const Judgement& j) { return j.hide_seconds; });
    if (of.reversible) of.restore_seconds = mean([](const Judgement& j) { return j.restore_seconds; });
    const auto accuracy = [&](AccuracyReading reading, const auto& counts) {
      return mean_of(of, [&](const Judgement& j) { return counts(j).accuracy(reading); });
    };
    const auto at_threshold = [](const Judgement& j) { return j.accuracy; };
    of.accuracy = accuracy(kAccuracyReading, at_threshold);
    of.accuracy_face = accuracy(AccuracyReading::FaceOnly, at_threshold);
    for (std::size_t i = 0; i < kCurveThresholds.size(); ++i) {
      const auto on_curve = [i](const Judgement& j) { return j.accuracy_curve[i]; };
      of.accuracy_curve.push_back(accuracy(kAccuracyReading, on_curve).value_or(Figure{}));
      of.accuracy_face_curve.push_back(accuracy(AccuracyReading::FaceOnly, on_curve).value_or(Figure{}));
    }
  }

  SubjectSet& set_;
  const EvaluationPlan& plan_;
  const std::function<void(std::size_t)>& done_;
  std::vector<Known> known_;
};

}  // namespace

std::size_t work_of(const EvaluationPlan& plan, std::size_t subjects) {
  const std::size_t judges = plan.opinions.size();
  const auto of_method = [&](const NamedMethod& named) {
    const bool back = named.method->reversible(), wrong_key = named.method->keyed();
    return subjects * (1 + judges * (1 + back + wrong_key));
  };
  std::size_t work = subjects * judges + of_method(plan.model);
  for (const NamedMethod& baseline : plan.baselines) work += of_method(baseline);
  if (plan.model.method->reversible())
    work += std::min(plan.damaged, subjects) * (damages().size() * (1 + judges) + judges);
  if (judges > 0) work += subjects * plan.blocks.size() * (1 + judges);
  return work;
}

SetEvaluation evaluate(SubjectSet set, const EvaluationPlan& plan,
                       const std::function<void(std::size_t)>& done) {
  if (set.subjects.empty()) throw std::invalid_argument("evaluate: a set without a subject");
  SetEvaluation result;
  result.set = std::move(set);
  const SetStudy study(result.set, plan, done);
  result.yardstick = study.yardstick();
  result.model = study.method(plan.model);
  for (const NamedMethod& baseline : plan.baselines) {
    result.baselines.push_back(study.method(baseline));
    for (std::size_t i = plan.baseline_pictures; i < result.set.subjects.size(); ++i) {
      Judgement& judgement = result.baselines.back().pictures[i];
      judgement.hidden = judgement.restored = judgement.misread = {};
    }
  }
  result.damages = study.damages_of(result.model);
  result.by_blocks = study.by_blocks();
  return result;
}

}  // namespace bauta
