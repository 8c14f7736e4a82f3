// Where the files that come with bauta are.
#pragma once

#include <filesystem>
#include <string>

namespace bauta {

// The folder of the models that come with bauta: the one that the environment's BAUTA_MODELS names, or else
// share/bauta/models beside the bin or lib that this code was loaded from, a program's or a library's, or
// else in the program's folder. So an installed tree may be moved as a whole. It need not exist, but what
// BAUTA_MODELS names must: throws FileError.
std::filesystem::path models_folder();

// MODEL/NAME ("deid.safetensors"). `model` is a folder, as --model names it; empty: the default model, in
// `models`. Throws FileError if there is no such file.
std::filesystem::path model_file(const std::string& model, const std::string& name,
                                 const std::filesystem::path& models = models_folder());
bool has_model_file(const std::string& model, const std::string& name,
                    const std::filesystem::path& models = models_folder());

// A network of the model, ROLE.safetensors or else ROLE.locked (io/locked_file.h); role: "deid", "reid".
std::filesystem::path network_file(const std::string& model, const std::string& role,
                                   const std::filesystem::path& models = models_folder());

// The folder of the pair that writes and reads the network code: what --model said, or else the one that
// comes with bauta.
std::string code_model(const std::string& model, const std::filesystem::path& models = models_folder());

// NAME.safetensors of a public network that scripts/fetch_networks wrote, in "fetched" beside the default
// model. Throws FileError if it is not there, which found_fetched_network asks.
std::filesystem::path fetched_network(const std::string& name,
                                      const std::filesystem::path& models = models_folder());
bool found_fetched_network(const std::string& name, const std::filesystem::path& models = models_folder());

// What --cascade said, or else OpenCV's frontal face cascade where the build found it. Throws FileError if
// there is no such file.
std::filesystem::path cascade_file(const std::string& cascade);

}  // namespace bauta
