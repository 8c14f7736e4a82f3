#include "cyclegan/report/json_figures.h"
#include "cyclegan/report/report.h"

namespace bauta {

namespace {

Json json_of(const Pair& pair) { return {{"deid", json_of(pair.deid)}, {"reid", json_of(pair.reid)}}; }

Json json_of(const Recognition& recognition) {
  return {{"own_photograph", json_of(recognition.own_photograph)},
          {"other_photograph", json_of(recognition.other_photograph)},
          {"hidden_gallery", json_of(recognition.hidden_gallery)}};
}

Json json_of(const IdentityFigures& figures) {
  Json json = json_of(figures.cosine);
  if (figures.wrong_key) json["wrong_key"] = json_of(figures.wrong_key);
  json["deid_within_band"] = json_of(figures.within_band);
  json["reid_alike"] = json_of(figures.alike);
  json["recognized"] = {{"deid", json_of(figures.deid)}, {"reid", json_of(figures.reid)}};
  return json;
}

Json json_of(const MethodFigures& figures) {
  Json json{{"name", figures.name}, {"reversible", figures.reversible}, {"keyed", figures.keyed}};
  json["anonymization_accuracy"] = json_of(figures.accuracy);
  json["anonymization_accuracy_face"] = json_of(figures.accuracy_face);
  json["accuracy_threshold"] = kComplexityThreshold;
  for (std::size_t i = 0; i < figures.accuracy_curve.size(); ++i) {
    Json point =
        figures.accuracy_curve[i].n > 0 ? json_of(figures.accuracy_curve[i]) : Json{{"mean", nullptr}};
    point["threshold"] = kCurveThresholds[i];
    json["accuracy_curve"].push_back(std::move(point));
  }
  for (const IdentityFigures& identity : figures.identity) json[identity.name] = json_of(identity);
  json["psnr"] = json_of(figures.psnr);
  json["psnr_face"] = json_of(figures.psnr_face);
  json["ssim"] = json_of(figures.ssim);
  json["ssim_luma"] = json_of(figures.ssim_luma);
  if (figures.psnr_wrong_key) json["psnr"]["wrong_key"] = json_of(figures.psnr_wrong_key);
  json["deviation"] = json_of(figures.deviation);
  json["mosaic_psnr"] = json_of(figures.mosaic_psnr);
  json["face_hidden"] = json_of(figures.face_hidden);
  json["seconds"] = {{"deid", json_of(figures.hide_seconds)}, {"reid", json_of(figures.restore_seconds)}};
  return json;
}

Json rows_of(const SetEvaluation& evaluation) {
  Json rows = Json::array();
  const MethodFigures& model = evaluation.model;
  for (std::size_t i = 0; i < model.pictures.size(); ++i) {
    const Judgement& judgement = model.pictures[i];
    const Subject& subject = evaluation.set.subjects[i];
    Json row{{"name", subject.name}};
    if (evaluation.set.people_known) row["person"] = subject.person;
    const auto accuracy = judgement.accuracy.accuracy();
    row["anonymization_accuracy"] = accuracy ? Json(*accuracy) : Json();
    const auto both = [&](const auto& part) {
      Json pair{{"deid", part(judgement.deid)}};
      if (model.reversible) pair["reid"] = part(judgement.reid);
      return pair;
    };
    row["psnr"] = both([](const Fidelity& f) { return f.psnr; });
    row["psnr_face"] = both([](const Fidelity& f) { return f.psnr_face; });
    row["ssim"] = both([](const Fidelity& f) { return f.ssim.rgb; });
    row["ssim_luma"] = both([](const Fidelity& f) { return f.ssim.luma; });
    row["deviation"] = judgement.deviation;
    row["mosaic_psnr"] = judgement.mosaic_psnr;
    row["face_hidden"] = judgement.face_hidden;
    for (const IdentityFigures& identity : model.identity) {
      row[identity.name] = {{"deid", number_or_null(identity.deid_cosines[i])}};
      if (model.reversible) row[identity.name]["reid"] = number_or_null(identity.reid_cosines[i]);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json json_of(const SetEvaluation& evaluation) {
  Json json{{"set", evaluation.set.name},
            {"pictures", evaluation.set.subjects.size()},
            {"left_out", evaluation.set.left_out},
            {"people_known", evaluation.set.people_known}};
  json.update(json_of(evaluation.model));
  const Yardstick& yardstick = evaluation.yardstick;
  json["psnr"]["different"] = json_of(yardstick.psnr);
  json["ssim"]["different"] = json_of(yardstick.ssim);
  json["ssim_luma"]["different"] = json_of(yardstick.ssim_luma);
  for (const Yardstick::Said& said : yardstick.opinions) {
    json[said.name]["different"] = json_of(said.cosine);
    json[said.name]["recognized"]["clear"] = json_of(said.recognized);
  }
  json["damages"] = Json::array();
  for (const DamageFigures& damage : evaluation.damages) {
    Json one{{"name", damage.name}, {"psnr", json_of(damage.psnr)}, {"ssim", json_of(damage.ssim)}};
    for (std::size_t k = 0; k < damage.cosine.size(); ++k)
      one[yardstick.opinions[k].name] = json_of(damage.cosine[k]);
    json["damages"].push_back(std::move(one));
  }
  json["by_blocks"] = Json::array();
  for (const BlocksFigures& of_blocks : evaluation.by_blocks) {
    Json one{{"blocks", of_blocks.blocks}};
    for (std::size_t k = 0; k < of_blocks.opinions.size(); ++k)
      one[yardstick.opinions[k].name] = {{"cosine", json_of(of_blocks.opinions[k].cosine)},
                                         {"within_band", json_of(of_blocks.opinions[k].within_band)},
                                         {"recognized", json_of(of_blocks.opinions[k].recognized)}};
    json["by_blocks"].push_back(std::move(one));
  }
  json["baselines"] = Json::array();
  for (const MethodFigures& baseline : evaluation.baselines) json["baselines"].push_back(json_of(baseline));
  json["per_image"] = rows_of(evaluation);
  return json;
}

}  // namespace

std::string report_json(const Report& report) {
  Json json{{"command", report.command}};
  for (const auto& [name, value] : report.facts) json["facts"][name] = value;
  json["notes"] = report.notes;
  json.update(json_of(report.sets.front()));
  if (report.sets.size() > 1)
    for (const SetEvaluation& set : report.sets) json["sets"].push_back(json_of(set));
  return json.dump(2) + "\n";
}

}  // namespace bauta
