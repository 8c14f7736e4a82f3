#include "cyclegan/training/run_config.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <type_traits>

#include "cyclegan/training/settings.h"
#include "io/atomic_file.h"
#include "io/file_error.h"
#include "io/input_file.h"
#include "kernels/check.h"

namespace bauta {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t kMaxBytes = 1 << 20;

// 0.9f as 0.9, not as the double that it is: the shortest text that reads as the same float.
double as_written(float value) {
  std::array<char, 32> text{};
  const char* const end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  double read = 0;
  std::from_chars(text.data(), end, read);
  return read;
}

Json to_json(const TrainingConfig& config) {
  Json json;
  json["generator"] = to_string(config.generator);
  json["loss"] = to_string(config.loss);
  json["precision"] = precision_name(config.precision);
  visit_settings(config, [&json](const char* name, const auto& value, Bounds) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, float>)
      json[name] = as_written(value);
    else
      json[name] = value;
  });
  return json;
}

}  // namespace

void write_run_config(const std::filesystem::path& path, const RunConfig& config) {
  Json json = to_json(config.training);
  json["data"] = config.data;
  json["data_fingerprint"] = config.data_fingerprint;
  write_file_atomically(path, json.dump(2) + "\n", true);
}

RunConfig read_run_config(const std::filesystem::path& path) {
  auto damaged = [&path](const std::exception& error) {
    return FileError(path, std::string("it is damaged (") + error.what() + ")",
                     "start the run over with --force");
  };
  RunConfig config;
  try {
    const Json json = Json::parse(read_file(path, kMaxBytes));
    if (json.is_object() && !json.contains("precision"))
      throw FileError(
          path, "it is of an earlier bauta and does not say the run's precision",
          "add \"precision\": \"f32\" or \"bf16\", and \"tf32\": false or true, as it was started");
    json.at("data").get_to(config.data);
    json.at("data_fingerprint").get_to(config.data_fingerprint);
    config.training.generator = generator_kind(json.at("generator").get<std::string>());
    config.training.loss = adversarial_loss(json.at("loss").get<std::string>());
    config.training.precision = precision_by_name(json.at("precision").get<std::string>());
    visit_settings(config.training,
                   [&json](const char* name, auto& value, Bounds) { json.at(name).get_to(value); });
    check_config(config.training);
  } catch (const Json::exception& error) {
    throw damaged(error);
  } catch (const CheckError& error) {
    throw damaged(error);
  }
  return config;
}

std::map<std::string, std::string> settings(const TrainingConfig& config) {
  std::map<std::string, std::string> texts;
  const Json json = to_json(config);
  for (const auto& [name, value] : json.items())
    texts[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return texts;
}

}  // namespace bauta
