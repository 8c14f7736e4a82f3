#include "cyclegan/anonymizer/opened_network.h"

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

#include "cyclegan/anonymizer/region.h"
#include "io/file_error.h"
#include "io/locked_file.h"

namespace bauta {
namespace {

// What the reference CycleGAN works on, and with it most files made by others.
constexpr int kReferenceSize = 256;

// Bytes that can be had without swapping; 0 if the system does not tell.
std::uint64_t available_memory() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::uint64_t kibibytes = 0;
  for (std::string unit; file >> name >> kibibytes; std::getline(file, unit))
    if (name == "MemAvailable:") return kibibytes * 1024;
  return 0;
}

}  // namespace

LoadedGenerator load_network(Engine& engine, const std::filesystem::path& path, const AskOpener& ask) {
  if (!is_locked_file(path)) return load_generator(engine, path);
  if (!ask) throw FileError(path, "is locked", "pass what opens it");
  return load_generator(engine, UnlockedFile(path, ask(path)));
}

LoadedGenerator load_network(Engine& engine, const std::filesystem::path& path, GeneratorRole role,
                             const AskOpener& ask) {
  LoadedGenerator loaded = load_network(engine, path, ask);
  // A file made by others does not tell.
  if (!loaded.facts.metadata.contains("role") || loaded.facts.config.role == role) return loaded;
  const bool wants_deid = role == GeneratorRole::DeId;
  throw FileError(path, std::string("is a ") + (wants_deid ? "Re-ID" : "De-ID") + " network",
                  std::string("pass the ") + (wants_deid ? "De-ID" : "Re-ID") + " network of the pair");
}

bool is_keyed_model(const std::string& model, const std::filesystem::path& models) {
  std::filesystem::path path = network_file(model, "reid", models);
  if (is_locked_file(path)) path.replace_filename("deid.safetensors");
  return std::filesystem::exists(path) && read_generator_facts(path).config.kind == GeneratorKind::Keyed;
}

void require_open_channel(const std::filesystem::path& path, const GeneratorFacts& facts) {
  if (facts.config.kind != GeneratorKind::Keyed) return;
  throw FileError(path, "is a network of the keyed channel, whose pictures hide nothing without a cipher",
                  "use it with a key: --key-file K, and --code network for deid");
}

void require_keyed_pair(const std::filesystem::path& deid_path, const GeneratorFacts& deid,
                        const GeneratorFacts& reid) {
  const GeneratorConfig &writes = deid.config, &reads = reid.config;
  if (writes.kind == GeneratorKind::Keyed && reads.kind == GeneratorKind::Keyed &&
      writes.residual_levels == reads.residual_levels)
    return;
  throw FileError(deid_path, "makes no pair of the keyed channel with the Re-ID network beside it",
                  "put the two networks of one training run there");
}

KeyedNetworks::KeyedNetworks(std::unique_ptr<Engine> on, const std::string& model, For use,
                             const std::filesystem::path& models, const AskOpener& ask)
    : engine_(std::move(on)) {
  const std::string folder = code_model(model, models);
  const auto load = [&](const char* name, GeneratorRole role, std::optional<LoadedGenerator>& into) {
    const std::filesystem::path path = network_file(folder, name);
    into.emplace(load_network(*engine_, path, role, ask));
    if (into->facts.config.kind != GeneratorKind::Keyed)
      throw FileError(path,
                      "is a " + to_string(into->facts.config.kind) + " network, none of the keyed channel",
                      "name a run of bauta train --channel keyed with --model");
    return shared_face_network(*engine_, into->generator);
  };
  FaceNetwork F = load("reid", GeneratorRole::ReId, reid_), G;
  if (use == For::Hiding) {
    G = load("deid", GeneratorRole::DeId, deid_);
    require_keyed_pair(model_file(folder, "deid.safetensors"), deid_->facts, reid_->facts);
  }
  code_ = code_networks(deid_ ? &*deid_ : nullptr, std::move(G), *reid_, std::move(F));
}

int picture_size_of(const std::filesystem::path& path, const GeneratorFacts& facts, int asked) {
  if (facts.size > 0 && asked > 0 && facts.size != asked) {
    throw FileError(path, "was trained on pictures of " + std::to_string(facts.size) + " pixels a side",
                    "leave --size out");
  }
  const int size = facts.size > 0 ? facts.size : asked > 0 ? asked : kReferenceSize;
  if (!is_network_size(size)) {
    throw FileError(path, "works on pictures of " + std::to_string(size) + " pixels a side",
                    "photographs need a multiple of 4 from " + std::to_string(kSmallestNetworkSize) + " to " +
                        std::to_string(kLargestNetworkSize));
  }
  return size;
}

void require_memory(const Engine& engine, const std::filesystem::path& picture, const GeneratorConfig& config,
                    int width, int height) {
  if (engine.kernels().graphs) return;
  const std::uint64_t available = available_memory();
  const std::uint64_t needed = translation_bytes(config, width, height);
  if (available == 0 || needed <= available) return;
  constexpr std::uint64_t kMebi = 1 << 20;
  throw FileError(picture,
                  "needs about " + std::to_string(needed / kMebi) + " MiB in the network, " +
                      std::to_string(available / kMebi) + " MiB are free",
                  "make it smaller or use a network with fewer channels");
}

OpenedNetwork::OpenedNetwork(std::unique_ptr<Engine> on, std::filesystem::path file, GeneratorRole role,
                             const AskOpener& ask)
    : path(std::move(file)),
      engine(std::move(on)),
      network(load_network(*engine, path, role, ask)),
      translate(shared_face_network(*engine, network.generator)) {
  require_open_channel(path, network.facts);
}

}  // namespace bauta
