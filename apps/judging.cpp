#include "apps/judging.h"

#include <sstream>

#include "apps/model_path.h"
#include "apps/network.h"
#include "io/file_error.h"

namespace bauta {

JudgedModel::JudgedModel(Engine& engine, const std::string& model)
    : deid_path(model_file(model, "deid.safetensors")),
      deid(load_network(engine, deid_path, GeneratorRole::DeId)) {
  const std::filesystem::path reid_path = deid_path.parent_path() / "reid.safetensors";
  if (!std::filesystem::exists(reid_path)) return;
  reid.emplace(load_network(engine, reid_path, GeneratorRole::ReId));
  if (reid->facts.size != deid.facts.size)
    throw FileError(reid_path, "works on pictures of another size than the De-ID network beside it",
                    "put the two networks of one training run there");
}

Judges::Judges(Engine& engine, std::vector<std::string>& notes) {
  const auto have = [&](const std::string& name) {
    if (found_fetched_network(name)) return true;
    notes.push_back(name + " is not here, so nothing is measured with it; run scripts/fetch_networks");
    return false;
  };
  if (!have("yunet")) return;  // without a face's place there is nothing to show to the others
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

std::vector<std::pair<std::string, std::string>> facts_of_report(const CommonOptions& common,
                                                                 const Engine& engine,
                                                                 const std::string& model, int size,
                                                                 const GeneratorFacts* networks) {
  std::vector<std::pair<std::string, std::string>> facts;
  std::istringstream version(version_text());
  for (std::string line; std::getline(version, line);) {
    const std::size_t colon = line.find(": ");
    if (colon == line.npos)
      facts.emplace_back("program", line);
    else
      facts.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  facts.emplace_back("computed on", engine.kernels().name);
  facts.emplace_back("model", model.empty() ? "bauta's own" : model);
  facts.emplace_back("size of the pictures", std::to_string(size));
  facts.emplace_back("seed of intervals and pairs", std::to_string(common.seed));
  if (networks)
    for (const auto& [name, value] : networks->metadata) facts.emplace_back("De-ID network: " + name, value);
  return facts;
}

}  // namespace bauta
