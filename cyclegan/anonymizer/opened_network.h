// Generators as they are used: loaded or opened, checked, held within memory, running.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cyclegan/anonymizer/code_networks.h"
#include "cyclegan/anonymizer/translate.h"
#include "cyclegan/networks/model_files.h"
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

// Throws FileError for a network of the keyed channel, of which nothing can be seen without a key.
void require_open_channel(const std::filesystem::path& path, const GeneratorFacts& facts);

// The side of the pictures that the network was trained on. `asked`: what --size said, 0 if nothing; 256
// where neither tells. Throws FileError if the file and --size disagree, or if the size is none for a region.
int picture_size_of(const std::filesystem::path& path, const GeneratorFacts& facts, int asked);

// Throws FileError for `picture` if this machine has not the memory for a network's picture of this size. A
// card says so itself, before anything is lost.
void require_memory(const Engine& engine, const std::filesystem::path& picture, const GeneratorConfig& config,
                    int width, int height);

// A generator out of a file, with an engine of its own, for any number of threads.
struct OpenedNetwork {
  // Throws as load_network, and as require_open_channel.
  OpenedNetwork(std::unique_ptr<Engine> on, std::filesystem::path file, GeneratorRole role,
                const AskOpener& ask = {});

  std::filesystem::path path;
  std::unique_ptr<Engine> engine;
  LoadedGenerator network;
  FaceNetwork translate;  // last: it uses both
};

// Throws FileError for the De-ID network unless both are of the keyed channel and have the same k.
void require_keyed_pair(const std::filesystem::path& deid_path, const GeneratorFacts& deid,
                        const GeneratorFacts& reid);

// The networks of the network code, keyed generators, in MODEL/deid.safetensors (needed to hide only) and
// MODEL/reid.safetensors or reid.locked; without MODEL, bauta's own.
class KeyedNetworks {
 public:
  enum class For { Hiding, Restoring };
  // Throws FileError where they are none.
  KeyedNetworks(std::unique_ptr<Engine> on, const std::string& model, For use,
                const std::filesystem::path& models = models_folder(), const AskOpener& ask = {});

  const CodeNetworks& code() const { return code_; }  // for several threads
  const Engine& engine() const { return *engine_; }

 private:
  std::unique_ptr<Engine> engine_;
  std::optional<LoadedGenerator> deid_, reid_;
  CodeNetworks code_;
};
// Whether the model's Re-ID network is one of those; of a locked one, as the De-ID network beside it says.
// Throws FileError where there is none.
bool is_keyed_model(const std::string& model, const std::filesystem::path& models = models_folder());

}  // namespace bauta
