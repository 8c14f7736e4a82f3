#include "apps/model_path.h"

#include <cstdlib>

#include "io/file_error.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDefaultModel = "face-128";
constexpr const char* kDefaultCodeModel = "keyed-7";

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// A file or folder among the models that come with bauta.
fs::path among_models(const fs::path& name) {
  if (const char* models = std::getenv("BAUTA_MODELS")) return models / name;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path installed =
      (program.parent_path() / ".." / "share" / "bauta" / "models" / name).lexically_normal();
  return is_file(installed) ? installed : BAUTA_SOURCE_MODELS / name;
}

fs::path fetched_path(const std::string& name) {
  return among_models(fs::path("fetched") / (name + ".safetensors"));
}

fs::path model_folder(const std::string& model) {
  return model.empty() ? among_models(kDefaultModel) : fs::path(model);
}

}  // namespace

fs::path model_file(const std::string& model, const std::string& name) {
  const fs::path folder = model_folder(model);
  const fs::path file = folder / name;
  if (is_file(file)) return file;
  if (model.empty()) {
    throw FileError(folder, "the default model is not here (no " + name + ")",
                    "name a model's folder with --model, or the folder of models with BAUTA_MODELS");
  }
  throw FileError(folder, "is no model with a " + name,
                  "name the folder of a run of bauta train with --model");
}

fs::path network_file(const std::string& model, const std::string& role) {
  const fs::path locked = model_folder(model) / (role + ".locked");
  const std::string open = role + ".safetensors";
  return is_file(locked) && !is_file(model_folder(model) / open) ? locked : model_file(model, open);
}

std::string code_model(const std::string& model) {
  return model.empty() ? among_models(kDefaultCodeModel).string() : model;
}

bool found_fetched_network(const std::string& name) { return is_file(fetched_path(name)); }

fs::path fetched_network(const std::string& name) {
  const fs::path file = fetched_path(name);
  if (is_file(file)) return file;
  throw FileError(
      file, "this public network has not been fetched",
      "run scripts/setup with a connection to PyPI, or name the folder of models with BAUTA_MODELS");
}

fs::path cascade_file(const std::string& cascade) {
  const fs::path file = cascade.empty() ? BAUTA_CASCADE : cascade;
  if (is_file(file)) return file;
  throw FileError(file, "there is no face cascade",
                  "install the Debian package opencv-data or name a haarcascade_frontalface_default.xml "
                  "with --cascade");
}

}  // namespace bauta
