// Generators as they are used: loaded or opened, checked, held within memory, running.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "cyclegan/anonymizer/translate.h"
#include "cyclegan/networks/weight_file.h"
#include "io/opener.h"

namespace bauta {

// What opens a locked file, asked for when there is one; may ask the user. Throws what shall be told.
using AskOpener = std::function<Opener(const std::filesystem::path& locked)>;

// A generator's weight file, or a locked one, which is opened in memory. Throws FileError, also for a locked
// one where there is nobody to ask.
LoadedGenerator load_network(Engine& engine, const std::filesystem::path& path, const AskOpener& ask = {});

// Throws FileError also when the file says that its network has the other role.
LoadedGenerator load_network(Engine& engine, const std::filesystem::path& path, GeneratorRole role,
                             const AskOpener& ask = {});

// The side of the pictures that the network was trained on. `asked`: what --size said, 0 if nothing; 256
// where neither tells. Throws FileError if the file and --size disagree, or if the size is none for a region.
int picture_size_of(const std::filesystem::path& path, const GeneratorFacts& facts, int asked);

// Throws FileError for `picture` if this machine has not the memory for a network's picture of this size. A
// card says so itself, before anything is lost.
void require_memory(const Engine& engine, const std::filesystem::path& picture, const GeneratorConfig& config,
                    int width, int height);

// A generator out of a file, with an engine of its own, for any number of threads.
struct OpenedNetwork {
  // Throws as load_network.
  OpenedNetwork(std::unique_ptr<Engine> on, std::filesystem::path file, GeneratorRole role,
                const AskOpener& ask = {});

  std::filesystem::path path;
  std::unique_ptr<Engine> engine;
  LoadedGenerator network;
  FaceNetwork translate;  // last: it uses both
};

}  // namespace bauta
