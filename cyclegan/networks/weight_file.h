// Generators in files: safetensors under the reference CycleGAN's names and shapes (convolutions KCRS), so
// that its checkpoints load here and ours load there.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "cyclegan/networks/generator.h"
#include "io/safetensors.h"

namespace bauta {

// What a file says of its network beside the weights.
struct GeneratorFacts {
  GeneratorConfig config;
  int size = 0;           // side of the pictures it was trained on, pixels; 0: unknown
  int mosaic_blocks = 0;  // blocks across the face; 0: unknown
  // Everything in __metadata__: the above and where the network comes from (steps, data, seed, commit).
  std::map<std::string, std::string> metadata;
};

// A generator with its weights.
struct LoadedGenerator {
  GeneratorFacts facts;
  Generator generator;
  Parameters parameters;
};

// From the names and shapes of the tensors, and from __metadata__ where there is one. A file without (made by
// others) is taken for a reference generator. Throws FileError when it is no generator's.
GeneratorFacts read_generator_facts(const std::filesystem::path& path);

// Throws FileError naming the tensor that is missing, unknown or of another shape. Biases before an instance
// norm may be missing; running statistics of norms, which the reference does not use, are passed over.
LoadedGenerator load_generator(Engine& engine, const std::filesystem::path& path);
LoadedGenerator load_generator(Engine& engine, const ByteSource& file);

// provenance: more for __metadata__ (steps, data, seed, commit). Replaces what is there.
void save_generator(const std::filesystem::path& path, const Generator& generator, int size,
                    int mosaic_blocks, const std::map<std::string, std::string>& provenance);

}  // namespace bauta
