// bauta info: what a file is.
#include <cstdio>

#include "apps/command.h"
#include "apps/files.h"
#include "cyclegan/anonymizer/record.h"
#include "cyclegan/networks/weight_file.h"
#include "io/file_error.h"
#include "io/input_file.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct InfoOptions {
  CommonOptions common;
  std::vector<fs::path> files;
};

ordered_json picture_facts(const fs::path& path) {
  const ImageSize size = read_stored_size(path);
  ordered_json facts = {{"file", path.string()}, {"kind", "picture"}, {"width", size.width},
                        {"height", size.height}, {"mode", "none"},    {"regions", ordered_json::array()}};
  if (const auto record = find_record(path, size)) facts.update(ordered_json::parse(to_json(*record)));
  facts.erase("picture");
  return facts;
}

void add_generator_facts(const fs::path& path, ordered_json& facts) {
  GeneratorFacts generator;
  try {
    generator = read_generator_facts(path);
  } catch (const FileError&) {
    return;  // some other network's weights
  }
  const GeneratorConfig& config = generator.config;
  facts["kind"] = "generator";
  facts["architecture"] = to_string(config.kind);
  if (generator.metadata.contains("role"))
    facts["role"] = config.role == GeneratorRole::DeId ? "deid" : "reid";
  facts["ngf"] = config.ngf;
  facts["residual_blocks"] = config.residual_blocks;
  facts["composite"] = config.composite;
  if (config.kind == GeneratorKind::Bounded) {
    facts["residual_levels"] = config.residual_levels;
    facts["companding_levels"] = config.companding_levels;
  }
  if (generator.size > 0) facts["size"] = generator.size;
  if (generator.mosaic_blocks > 0) facts["mosaic_blocks"] = generator.mosaic_blocks;
}

ordered_json weight_facts(const fs::path& path) {
  const SafetensorsHeader header = read_safetensors_header(path);
  std::int64_t parameters = 0;
  for (const TensorInfo& tensor : header.tensors) parameters += tensor.count;
  ordered_json facts = {{"file", path.string()}, {"kind", "weights"}};
  add_generator_facts(path, facts);
  facts["tensors"] = header.tensors.size();
  facts["parameters"] = parameters;
  facts["metadata"] = header.metadata;
  return facts;
}

ordered_json facts_of(const fs::path& path) {
  if (path.extension() == ".safetensors") return weight_facts(path);
  if (is_image_path(path)) return picture_facts(path);
  // No telling by its name: whichever it can be read as.
  const InputFile readable(path);
  for (const auto& read : {picture_facts, weight_facts}) {
    try {
      return read(path);
    } catch (const FileError&) {
      continue;
    }
  }
  throw FileError(path, "is neither a picture nor a weight file", "pass a PNG, a JPEG or a safetensors file");
}

// "file: …" and the other facts indented, a line each; nested ones on one line.
void print_text(const ordered_json& facts) {
  std::printf("%s\n", facts["file"].get<std::string>().c_str());
  const auto print = [](const std::string& name, const ordered_json& value, int indent) {
    const std::string text = value.is_string()
                                 ? value.get<std::string>()
                                 : value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    std::printf("%*s%s: %s\n", indent, "", name.c_str(), text.c_str());
  };
  for (const auto& [name, value] : facts.items()) {
    if (name == "file") continue;
    if (!value.is_structured() || value.empty()) {
      print(name, value, 2);
      continue;
    }
    std::printf("  %s:\n", name.c_str());
    for (const auto& [key, part] : value.items()) print(value.is_array() ? "-" : key, part, 4);
  }
}

int info(const InfoOptions& options) {
  Problems problems;
  ordered_json all = ordered_json::array();
  for (const fs::path& path : options.files) {
    try {
      ordered_json facts = facts_of(path);
      if (!options.common.json) print_text(facts);
      all.push_back(std::move(facts));
    } catch (const FileError& error) {
      problems.report(error.what());
    }
  }
  if (options.files.size() > 1)
    print_summary(options.common, all);
  else if (!all.empty())
    print_summary(options.common, all.front());
  return problems.exit_code();
}

}  // namespace

void add_info(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<InfoOptions>();
  CLI::App* command = add_command(program, "info", "what a picture or a weight file is",
                                  "bauta info anonymized/photo.png run/deid.safetensors", options->common);
  command->add_option("FILE", options->files, "pictures and weight files (safetensors)")->required();
  command->callback([options, &exit_code] { exit_code = info(*options); });
}

}  // namespace bauta
