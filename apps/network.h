// Generators as the commands use them: loaded, checked, and held within memory.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "apps/command.h"
#include "apps/key_options.h"
#include "cyclegan/anonymizer/code_networks.h"
#include "cyclegan/networks/weight_file.h"

namespace bauta {

// A generator's weight file, or a locked one, which is opened in memory by the key that was given. Throws
// FileError.
LoadedGenerator load_network(Engine& engine, const std::filesystem::path& path, const KeyOptions& key = {});

// Throws FileError also when the file says that its network has the other role.
LoadedGenerator load_network(Engine& engine, const std::filesystem::path& path, GeneratorRole role,
                             const KeyOptions& key = {});

// The networks of the network code, keyed generators, in MODEL/deid.safetensors (needed to hide only) and
// MODEL/reid.safetensors; without MODEL, bauta's own. Throws FileError where they are none.
class KeyedNetworks {
 public:
  enum class For { Hiding, Restoring };
  KeyedNetworks(const CommonOptions& common, const std::string& model, For use);

  const CodeNetworks& code() const { return code_; }  // for several threads
  const Engine& engine() const { return *engine_; }

 private:
  std::unique_ptr<Engine> engine_;
  std::optional<LoadedGenerator> deid_, reid_;
  CodeNetworks code_;
};
// Whether the model's Re-ID network is one of those.
bool is_keyed_model(const std::string& model);

// Throws FileError for a network of the keyed channel, of which nothing can be seen without a key.
void require_open_channel(const std::filesystem::path& path, const GeneratorFacts& facts);

// The side of the pictures that the network was trained on. `asked`: what --size said, 0 if nothing; 256
// where neither tells. Throws FileError if the file and --size disagree, or if the size is none for a region.
int picture_size_of(const std::filesystem::path& path, const GeneratorFacts& facts, int asked);

// Throws FileError for `picture` if this machine has not the memory for a network's picture of this size. A
// card says so itself, before anything is lost.
void require_memory(const Engine& engine, const std::filesystem::path& picture, const GeneratorConfig& config,
                    int width, int height);

}  // namespace bauta
