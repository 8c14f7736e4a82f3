#include "cyclegan/networks/model_files.h"

#include <dlfcn.h>

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

// The library that this code is a part of, or the program where it is linked into that.
fs::path own_file() {
  std::error_code error;
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&own_file), &info) != 0 && info.dli_fname) {
    const fs::path library = fs::canonical(info.dli_fname, error);
    // A program's name is what it was called by, which need not be a path.
    if (!error && library.is_absolute() && library.string().find(".so") != std::string::npos) return library;
  }
  return fs::read_symlink("/proc/self/exe", error);
}

bool is_prefix_part(const fs::path& folder) {
  const fs::path name = folder.filename();
  return name == "bin" || name == "lib" || name == "lib64";
}

fs::path model_folder(const std::string& model, const fs::path& models) {
  return model.empty() ? models / kDefaultModel : fs::path(model);
}

fs::path fetched_path(const std::string& name, const fs::path& models) {
  return models / "fetched" / (name + ".safetensors");
}

}  // namespace

fs::path models_folder() {
  if (const char* models = std::getenv("BAUTA_MODELS"); models && *models) {
    std::error_code error;
    if (fs::is_directory(models, error)) return models;
    throw FileError(models, "BAUTA_MODELS names it, and it is no folder",
                    "name the folder that holds " + std::string(kDefaultModel) + " with it, or unset it");
  }
  // PREFIX/bin/bauta, PREFIX/lib/libbauta.so, PREFIX/lib/x86_64-linux-gnu/libbauta.so. Of a program anywhere
  // else its own folder: others may be able to write to one further up.
  fs::path prefix = own_file().parent_path();
  if (is_prefix_part(prefix))
    prefix = prefix.parent_path();
  else if (is_prefix_part(prefix.parent_path()))
    prefix = prefix.parent_path().parent_path();
  return prefix / "share" / "bauta" / "models";
}

bool has_model_file(const std::string& model, const std::string& name, const fs::path& models) {
  return is_file(model_folder(model, models) / name);
}

fs::path model_file(const std::string& model, const std::string& name, const fs::path& models) {
  const fs::path folder = model_folder(model, models);
  const fs::path file = folder / name;
  if (is_file(file)) return file;
  if (model.empty()) {
    throw FileError(folder, "the default model is not here (no " + name + ")",
                    "name a model's folder with --model, or the folder of models with BAUTA_MODELS");
  }
  throw FileError(folder, "is no model with a " + name,
                  "name the folder of a run of bauta train with --model");
}

fs::path network_file(const std::string& model, const std::string& role, const fs::path& models) {
  const std::string locked = role + ".locked", open = role + ".safetensors";
  if (has_model_file(model, locked, models) && !has_model_file(model, open, models))
    return model_folder(model, models) / locked;
  return model_file(model, open, models);
}

std::string code_model(const std::string& model, const fs::path& models) {
  return model.empty() ? (models / kDefaultCodeModel).string() : model;
}

bool found_fetched_network(const std::string& name, const fs::path& models) {
  return is_file(fetched_path(name, models));
}

fs::path fetched_network(const std::string& name, const fs::path& models) {
  const fs::path file = fetched_path(name, models);
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
