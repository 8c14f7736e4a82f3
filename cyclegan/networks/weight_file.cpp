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

// Where a kind's tensors tell its width and depth.
struct Signature {
  std::string first;  // convolution: (ngf, inputs, taps, taps)
  std::int64_t inputs, taps;
  int first_block;         // place of the first residual block
  std::string in_a_block;  // a tensor that each has
};

Signature signature_of(GeneratorKind kind) {
  if (kind == GeneratorKind::Keyed) return {"model.0.weight", kKeyedInputs, 3, 1, "conv_block.0.weight"};
  return {"model.1.weight", 3, 7, 10, "conv_block.1.weight"};
}

// Width and depth of the network, from its tensors.
void read_shapes(const std::filesystem::path& path, const SafetensorsHeader& header,
                 GeneratorConfig& config) {
  std::map<std::string, const TensorInfo*> tensors;
  for (const TensorInfo& tensor : header.tensors) tensors[tensor.name] = &tensor;
  const Signature expected = signature_of(config.kind);
  const auto first = tensors.find(expected.first);
  if (first == tensors.end() || first->second->shape.size() != 4 ||
      first->second->shape[1] != expected.inputs || first->second->shape[2] != expected.taps) {
    const std::string taps = std::to_string(expected.taps);
    throw FileError(path,
                    "it has no tensor " + expected.first + " of shape (ngf, " +
                        std::to_string(expected.inputs) + ", " + taps + ", " + taps + "), so it is no " +
                        (config.kind == GeneratorKind::Keyed ? "keyed " : "") + "generator",
                    kNotAGenerator);
  }
  constexpr std::int64_t kMostChannels = 4096;
  if (first->second->shape[0] < 1 || first->second->shape[0] > kMostChannels)
    throw FileError(path,
                    "its first convolution has " + std::to_string(first->second->shape[0]) + " channels",
                    kNotAGenerator);
  config.ngf = static_cast<int>(first->second->shape[0]);
  config.residual_blocks = 0;
  while (tensors.contains("model." + std::to_string(expected.first_block + config.residual_blocks) + "." +
                          expected.in_a_block))
    ++config.residual_blocks;
  if (config.residual_blocks == 0) throw FileError(path, "it has no residual blocks", kNotAGenerator);
}

GeneratorFacts facts_of(const std::filesystem::path& path, const SafetensorsHeader& header) {
  GeneratorFacts facts;
  facts.metadata = header.metadata;
  const auto kind = facts.metadata.find("generator");
  try {
    if (kind != facts.metadata.end()) facts.config.kind = generator_kind(kind->second);
  } catch (const CheckError&) {
    throw FileError(path, "its generator is of the unknown kind \"" + kind->second + "\"",
                    "use a bauta that is as new as the file");
  }
  read_shapes(path, header, facts.config);
  if (kind == facts.metadata.end()) return facts;
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
  if (facts.config.kind == GeneratorKind::Keyed) {
    try {
      (void)KeyedCode(facts.config.residual_levels);
    } catch (const CheckError&) {
      throw FileError(path, "its residual_levels are none of a lattice",
                      "take the file from its source again");
    }
  }
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
  std::map<std::string, std::string> metadata = provenance;
  metadata["architecture"] = kArchitecture;
  metadata["generator"] = to_string(config.kind);
  metadata["role"] = config.role == GeneratorRole::DeId ? "deid" : "reid";
  metadata["ngf"] = std::to_string(config.ngf);
  metadata["residual_blocks"] = std::to_string(config.residual_blocks);
  metadata["composite"] = config.composite ? "true" : "false";
  metadata["size"] = std::to_string(size);
  metadata["mosaic_blocks"] = std::to_string(mosaic_blocks);
  if (config.kind == GeneratorKind::Bounded || config.kind == GeneratorKind::Keyed)
    metadata["residual_levels"] = text_of(config.residual_levels);
  if (config.kind == GeneratorKind::Bounded)
    metadata["companding_levels"] = text_of(config.companding_levels);
  std::vector<NamedParameter> parameters;
  generator.collect("", parameters);
  TensorsToCome tensors;
  for (const auto& [name, parameter] : parameters)
    tensors[name] = file_tensor_to_come(name, parameter->master);
  write_safetensors(path, tensors, metadata, true);
}

}  // namespace bauta
