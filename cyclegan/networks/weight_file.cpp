#include "cyclegan/networks/weight_file.h"

#include <charconv>

#include "io/file_error.h"
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

// Norms of the reference keep none; older checkpoints hold them all the same.
bool is_running_statistic(const std::string& name) {
  return name.ends_with(".running_mean") || name.ends_with(".running_var") ||
         name.ends_with(".num_batches_tracked");
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

std::vector<std::int64_t> file_shape(const std::string& name, const Shape& shape) {
  if (name.ends_with("bias")) return {shape.c};
  return {shape.n, shape.c, shape.h, shape.w};
}

// Calls move(file index, parameter index) for each number of a weight: KCRS in files, KRSC here.
template <class Move>
void for_each_number(const Shape& shape, Move move) {
  std::size_t here = 0;
  const auto C = static_cast<std::size_t>(shape.c), R = static_cast<std::size_t>(shape.h),
             S = static_cast<std::size_t>(shape.w);
  for (std::size_t k = 0; k < static_cast<std::size_t>(shape.n); ++k)
    for (std::size_t r = 0; r < R; ++r)
      for (std::size_t s = 0; s < S; ++s)
        for (std::size_t c = 0; c < C; ++c) move(((k * C + c) * R + r) * S + s, here++);
}

void check_shape(const std::filesystem::path& path, const std::string& name,
                 const std::vector<std::int64_t>& shape, const Shape& wanted) {
  const auto expected = file_shape(name, wanted);
  if (shape != expected)
    throw FileError(
        path, "tensor " + name + " has shape " + shape_text(shape) + " instead of " + shape_text(expected),
        kNotAGenerator);
}

// That the file has all the tensors of these parameters, in their shapes, and no others.
void check_tensors(const std::filesystem::path& path, const SafetensorsHeader& header,
                   const std::vector<NamedParameter>& parameters) {
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const TensorInfo& tensor : header.tensors) shapes[tensor.name] = tensor.shape;
  for (const auto& [name, parameter] : parameters) {
    const auto found = shapes.find(name);
    if (found != shapes.end()) {
      check_shape(path, name, found->second, parameter->shape);
      shapes.erase(found);
    } else if (parameter->trained) {
      throw FileError(path, "tensor " + name + " is missing", kNotAGenerator);
    }
  }
  for (const auto& [name, shape] : shapes)
    if (!is_running_statistic(name))
      throw FileError(path, "it has the unknown tensor " + name, kNotAGenerator);
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

NamedTensor to_file_tensor(const std::string& name, const Tensor& value) {
  NamedTensor tensor{file_shape(name, value.shape()), std::vector<float>(value.shape().count())};
  const std::vector<float> from = value.values();
  for_each_number(value.shape(),
                  [&](std::size_t in_file, std::size_t here) { tensor.values[in_file] = from[here]; });
  return tensor;
}

void from_file_tensor(const std::filesystem::path& path, const std::string& name, const NamedTensor& tensor,
                      const Tensor& value) {
  check_shape(path, name, tensor.shape, value.shape());
  std::vector<float> into(value.shape().count());
  for_each_number(value.shape(),
                  [&](std::size_t in_file, std::size_t here) { into[here] = tensor.values[in_file]; });
  value.assign(into);
}

GeneratorFacts read_generator_facts(const std::filesystem::path& path) {
  return facts_of(path, read_safetensors_header(path));
}

LoadedGenerator load_generator(Engine& engine, const std::filesystem::path& path) {
  const SafetensorsHeader header = read_safetensors_header(path);
  GeneratorFacts facts = facts_of(path, header);
  Generator generator(facts.config);
  std::vector<NamedParameter> named;
  generator.collect("", named);
  check_tensors(path, header,
                named);  // before anything is allocated that a file of a few bytes could ask for

  Parameters parameters(engine, std::move(named));
  const SafetensorsFile file = read_safetensors(path);
  for (const auto& [name, parameter] : parameters.named()) {
    const auto tensor = file.tensors.find(name);
    if (tensor != file.tensors.end()) from_file_tensor(path, name, tensor->second, parameter->master);
  }
  parameters.publish();
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
