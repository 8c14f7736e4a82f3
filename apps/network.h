// Generators as the commands use them: loaded, checked, and held within memory.
#pragma once

#include <filesystem>

#include "apps/key_options.h"
#include "cyclegan/networks/weight_file.h"

namespace bauta {

// A generator's weight file, or a locked one, which is opened in memory by the key that was given. Throws
// FileError.
LoadedGenerator load_network(Engine& engine, const std::filesystem::path& path, const KeyOptions& key = {});

// Throws FileError also when the file says that its network has the other role.
LoadedGenerator load_network(Engine& engine, const std::filesystem::path& path, GeneratorRole role,
                             const KeyOptions& key = {});

// The side of the pictures that the network was trained on. `asked`: what --size said, 0 if nothing; 256
// where neither tells. Throws FileError if the file and --size disagree, or if the size is none for a region.
int picture_size_of(const std::filesystem::path& path, const GeneratorFacts& facts, int asked);

// Throws FileError for `picture` if this machine has not the memory for a network's picture of this size. A
// card says so itself, before anything is lost.
void require_memory(const Engine& engine, const std::filesystem::path& picture, const GeneratorConfig& config,
                    int width, int height);

}  // namespace bauta
