#include "cyclegan/networks/weight_file.h"

#include <charconv>

#include "cyclegan/networks/file_tensor.h"
#include "io/file_error.h"
#include "io/input_file.h"
#include "kernels/check.h"

namespace bauta {

namespace {

constexpr const char* kArchitecture = "cyclegan-resnet-generator";
constexpr const char* kNotAGenerator = "pass a generator of a CycleGAN, as bauta train writes it";

// A number of __metadata__; nothing where it is absent.
template <class Number>
void read_number(const std::filesystem::path& path, const std::map<std::string, std::string>& metadata,
                 const std::string& key, Number low, Number high, Number& into) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return;
  const std::string& text = found->second;
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= low && value <= high))
    throw FileError(path, "its metadata has " + key + " = \"" + text + "\"",
                    "take the file from its source again");
  into = value;
}

std::string text_of(float value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

// Width and depth of the network, from its tensors.
void read_shapes(const std::filesystem::path& path, const SafetensorsHeader& header,
                 GeneratorConfig& config) {
  std::map<std::string, const TensorInfo*> tensors;
  for (const TensorInfo& tensor : header.tensors) tensors[tensor.name] = &tensor;
  const auto first = tensors.find("model.1.weight");
  if (first == tensors.end() || first->second->shape.size() != 4 || first->second->shape[1] != 3 ||
      first->second->shape[2] != 7)
    throw FileError(path, "it has no tensor model.1.weight of shape (ngf, 3, 7, 7), so it is no generator",
                    kNotAGenerator);
  constexpr std::int64_t kMostChannels = 4096;
  if (first->second->shape[0] < 1 || first->second->shape[0] > kMostChannels)
    throw FileError(path,
                    "its first convolution has " + std::to_string(first->second->shape[0]) + " channels",
                    kNotAGenerator);
  config.ngf = static_cast<int>(first->second->shape[0]);
  constexpr int kFirstBlock = 10;
  config.residual_blocks = 0;
  while (tensors.contains("model." + std::to_string(kFirstBlock + config.residual_blocks) +
                          ".conv_block.1.weight"))
    ++config.residual_blocks;
  if (config.residual_blocks == 0) throw FileError(path, "it has no residual blocks", kNotAGenerator);
}

GeneratorFacts facts_of(const std::filesystem::path& path, const SafetensorsHeader& header) {
  GeneratorFacts facts;
  facts.metadata = header.metadata;
  read_shapes(path, header, facts.config);
  if (!facts.metadata.contains("generator")) return facts;
  try {
    facts.config.kind = generator_kind(facts.metadata["generator"]);
  } catch (const CheckError&) {
    throw FileError(path, "its generator is of the unknown kind \"" + facts.metadata["generator"] + "\"",
                    "use a bauta that is as new as the file");
  }
  auto says = [&facts](const char* key, const char* value) {
    const auto found = facts.metadata.find(key);
    return found != facts.metadata.end() && found->second == value;
  };
  facts.config.role = says("role", "reid") ? GeneratorRole::ReId : GeneratorRole::DeId;
  facts.config.composite = says("composite", "true");
  read_number(path, facts.metadata, "residual_levels", 0.5f, 100.0f, facts.config.residual_levels);
  read_number(path, facts.metadata, "companding_levels", 0.5f, 255.0f, facts.config.companding_levels);
  read_number(path, facts.metadata, "size", 0, 1 << 14, facts.size);
  read_number(path, facts.metadata, "mosaic_blocks", 0, 1 << 14, facts.mosaic_blocks);
  return facts;
}

}  // namespace

GeneratorFacts read_generator_facts(const std::filesystem::path& path) {
  return facts_of(path, read_safetensors_header(path));
}

LoadedGenerator load_generator(Engine& engine, const std::filesystem::path& path) {
  return load_generator(engine, InputFile(path));
}

LoadedGenerator load_generator(Engine& engine, const ByteSource& file) {
  const std::filesystem::path& path = file.path();
  const SafetensorsHeader header = read_safetensors_header(file);
  GeneratorFacts facts = facts_of(path, header);
  Generator generator(facts.config);
  std::vector<NamedParameter> named;
  generator.collect("", named);
  // Before anything is allocated that a file of a few bytes could ask for.
  check_file_tensors(path, header, named, kNotAGenerator);
  Parameters parameters(engine, std::move(named));
  read_parameters(file, parameters);
  parameters.keep_forms();
  return {std::move(facts), std::move(generator), std::move(parameters)};
}

void save_generator(const std::filesystem::path& path, const Generator& generator, int size,
                    int mosaic_blocks, const std::map<std::string, std::string>& provenance) {
  const GeneratorConfig& config = generator.config();
  SafetensorsFile file;
  file.metadata = provenance;
  file.metadata["architecture"] = kArchitecture;
  file.metadata["generator"] = to_string(config.kind);
  file.metadata["role"] = config.role == GeneratorRole::DeId ? "deid" : "reid";
  file.metadata["ngf"] = std::to_string(config.ngf);
  file.metadata["residual_blocks"] = std::to_string(config.residual_blocks);
  file.metadata["composite"] = config.composite ? "true" : "false";
  file.metadata["size"] = std::to_string(size);
  file.metadata["mosaic_blocks"] = std::to_string(mosaic_blocks);
  if (config.kind == GeneratorKind::Bounded) {
    file.metadata["residual_levels"] = text_of(config.residual_levels);
    file.metadata["companding_levels"] = text_of(config.companding_levels);
  }
  std::vector<NamedParameter> parameters;
  generator.collect("", parameters);
  for (const auto& [name, parameter] : parameters)
    file.tensors[name] = to_file_tensor(name, parameter->master);
  write_safetensors(path, file, true);
}

}  // namespace bauta
