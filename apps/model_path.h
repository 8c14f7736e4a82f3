// Where the files that come with bauta are.
#pragma once

#include <filesystem>
#include <string>

namespace bauta {

// MODEL/NAME ("deid.safetensors"). `model` is what --model said; empty: the default model, in the folder that
// the environment's BAUTA_MODELS names, or else share/bauta/models beside the program's bin, or else models
// in the sources that it was built from. Throws FileError if there is no such file.
std::filesystem::path model_file(const std::string& model, const std::string& name);

// A network of the model, ROLE.safetensors or else ROLE.locked (io/locked_file.h); role: "deid", "reid".
std::filesystem::path network_file(const std::string& model, const std::string& role);

// The folder of the pair that writes and reads the network code: what --model said, or else the one that
// comes with bauta.
std::string code_model(const std::string& model);

// NAME.safetensors of a public network that scripts/fetch_networks wrote, in "fetched" beside the default
// model. Throws FileError if it is not there, which found_fetched_network asks.
std::filesystem::path fetched_network(const std::string& name);
bool found_fetched_network(const std::string& name);

// What --cascade said, or else OpenCV's frontal face cascade where the build found it. Throws FileError if
// there is no such file.
std::filesystem::path cascade_file(const std::string& cascade);

}  // namespace bauta
