#include "apps/judging.h"

#include "cyclegan/anonymizer/code_networks.h"
#include "cyclegan/baselines/baselines.h"
#include "cyclegan/evaluation/network_pair.h"
#include "cyclegan/keyed/keyed_method.h"
#include "cyclegan/networks/model_files.h"
#include "cyclegan/version.h"
#include "io/file_error.h"
#include "io/safetensors.h"

namespace bauta {

JudgedModel::JudgedModel(Engine& engine, const std::string& model, const KeyOptions& key)
    : deid_path(model_file(model, "deid.safetensors")),
      deid(load_network(engine, deid_path, GeneratorRole::DeId)) {
  const auto present = [this](const char* name) {
    return std::filesystem::exists(deid_path.parent_path() / name);
  };
  // Whoever has no key for the Re-ID network can still judge De-ID.
  reid_is_locked = present("reid.locked") && !present("reid.safetensors");
  if (!(reid_is_locked ? key.given() : present("reid.safetensors"))) return;
  const std::filesystem::path reid_path = network_file(model, "reid");
  reid.emplace(load_network(engine, reid_path, GeneratorRole::ReId, asking(key)));
  if (reid->facts.size != deid.facts.size)
    throw FileError(reid_path, "works on pictures of another size than the De-ID network beside it",
                    "put the two networks of one training run there");
}

std::unique_ptr<Method> judged_method(Engine& engine, const JudgedModel& model, int blocks) {
  FaceNetwork G = face_network(engine, model.deid.generator);
  FaceNetwork F = model.reid ? face_network(engine, model.reid->generator) : FaceNetwork();
  if (model.deid.facts.config.kind != GeneratorKind::Keyed)
    return std::make_unique<NetworkPair>(std::move(G), std::move(F));
  if (!model.reid)
    throw FileError(model.deid_path,
                    "is of the keyed channel, which cannot be judged without its Re-ID network",
                    "put reid.safetensors beside it, or name the key of reid.locked");
  require_keyed_pair(model.deid_path, model.deid.facts, model.reid->facts);
  return std::make_unique<KeyedMethod>(code_networks(&model.deid, std::move(G), *model.reid, std::move(F)),
                                       blocks);
}

Judges::Judges(Engine& engine, std::vector<std::string>& notes) {
  const auto have = [&](const std::string& name) {
    if (found_fetched_network(name)) return true;
    notes.push_back(name + " is not here, so nothing is measured with it; run scripts/fetch_networks");
    return false;
  };
  if (!have("yunet")) {
    notes.push_back(
        "Without yunet the faces' landmarks are not known, so facenet and sface cannot be asked either.");
    return;
  }
  locate.emplace(engine, fetched_network("yunet"));
  if (have("facenet")) {
    facenet.emplace(engine, fetched_network("facenet"));
    opinions.push_back({"facenet", &*facenet});
  }
  if (have("sface")) {
    sface.emplace(engine, fetched_network("sface"));
    opinions.push_back({"sface", &*sface});
  }
}

std::unique_ptr<Method> baseline_called(Engine& engine, const std::string& name) {
  try {
    return make_baseline(engine, name);
  } catch (const std::invalid_argument& unknown) {
    throw CLI::ValidationError("--baseline", unknown.what());
  }
}

std::vector<std::pair<std::string, std::string>> facts_of_report(const CommonOptions& common,
                                                                 const Engine& engine,
                                                                 const std::string& model, int size,
                                                                 const JudgedModel* networks) {
  std::vector<std::pair<std::string, std::string>> facts;
  std::string versions = version_text();
  for (std::size_t end; (end = versions.find('\n')) != versions.npos;) versions.replace(end, 1, "; ");
  facts.emplace_back("program", versions + "; commit " + kCommit);
  facts.emplace_back("computed on", engine.kernels().name);
  facts.emplace_back("model", model.empty() ? "bauta's own" : model);
  facts.emplace_back("size of the pictures", std::to_string(size));
  facts.emplace_back("seed of intervals and pairs", std::to_string(common.seed));
  const auto add = [&](const std::string& network, const std::map<std::string, std::string>& metadata) {
    for (const auto& [name, value] : metadata) facts.emplace_back(network + ": " + name, value);
  };
  if (networks) {
    add("De-ID network", networks->deid.facts.metadata);
    if (networks->reid) add("Re-ID network", networks->reid->facts.metadata);
  }
  for (const char* name : {"yunet", "facenet", "sface"})
    if (found_fetched_network(name)) add(name, read_safetensors_header(fetched_network(name)).metadata);
  return facts;
}

}  // namespace bauta
