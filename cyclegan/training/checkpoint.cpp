#include "cyclegan/training/checkpoint.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>

#include "cyclegan/networks/file_tensor.h"
#include "io/atomic_file.h"
#include "io/file_error.h"
#include "io/safetensors.h"

namespace bauta {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKept = 2;  // the last, and the one before it should that be damaged
constexpr const char* kPrefix = "step-";
constexpr const char* kSuffix = ".safetensors";

// Checksum of the step and of all names, shapes and values: a safetensors file has none of its own.
class Checksum {
 public:
  explicit Checksum(const std::string& step) { add(step.data(), step.size()); }
  void add(const std::string& name, const std::vector<std::int64_t>& shape,
           const std::vector<float>& values) {
    add(name.data(), name.size());
    add(shape.data(), shape.size() * sizeof(shape[0]));
    add(values.data(), values.size() * sizeof(float));
  }
  std::string text() const { return std::to_string(sum_); }

 private:
  void add(const void* bytes, std::size_t count) {
    sum_ = crc32_z(sum_, static_cast<const Bytef*>(bytes), count);
  }
  uLong sum_ = crc32(0, nullptr, 0);
};

std::string checksum(const SafetensorsFile& file) {
  Checksum sum(file.metadata.at("step"));
  for (const auto& [name, tensor] : file.tensors) sum.add(name, tensor.shape, tensor.values);
  return sum.text();
}

TensorToCome flat(const Tensor& tensor) {
  const Shape& shape = tensor.shape();
  return {{shape.n, shape.h, shape.w, shape.c}, [tensor] { return tensor.values(); }};
}

// Calls visit(name in the file, tensor) for all that is learned, for the optimizers' moments and, where there
// is one, the average's sum: "G.model.1.weight", "m.G.model.1.weight", "v.G.model.1.weight",
// "average.G.model.1.weight".
template <class Visitor>
void for_each_tensor(const Trainer::State& state, Visitor visit) {
  auto both = [&visit](const Parameters& parameters, const Adam& optimizer) {
    for (std::size_t i = 0; i < parameters.named().size(); ++i) {
      const std::string& name = parameters.named()[i].name;
      visit(name, parameters.part(parameters.flat(), i));
      visit("m." + name, parameters.part(optimizer.first_moment(), i));
      visit("v." + name, parameters.part(optimizer.second_moment(), i));
    }
  };
  both(state.generators, state.generator_optimizer);
  if (state.average)
    for (std::size_t i = 0; i < state.generators.named().size(); ++i)
      visit("average." + state.generators.named()[i].name, state.generators.part(state.average->sum(), i));
  both(state.discriminators, state.discriminator_optimizer);
}

std::string pool_name(const char* pool, std::size_t place) {
  return std::string(pool) + "." + std::to_string(place);
}

void add_pool(TensorsToCome& tensors, const char* name, const ImagePool& pool) {
  const std::vector<Tensor> pictures = pool.pictures();
  for (std::size_t i = 0; i < pictures.size(); ++i) tensors[pool_name(name, i)] = flat(pictures[i]);
}

void restore_pool(const fs::path& path, const SafetensorsFile& file, const char* name, Engine& engine,
                  ImagePool& pool) {
  std::vector<Tensor> pictures;
  for (std::size_t place = 0; file.tensors.contains(pool_name(name, place)); ++place) {
    const NamedTensor& tensor = file.tensors.at(pool_name(name, place));
    if (tensor.shape.size() != 4)
      throw FileError(path, "a picture of pool " + std::string(name) + " has no shape",
                      "remove the file to resume from the checkpoint before");
    const Shape shape{static_cast<int>(tensor.shape[0]), static_cast<int>(tensor.shape[1]),
                      static_cast<int>(tensor.shape[2]), static_cast<int>(tensor.shape[3])};
    pictures.push_back(Tensor::from(engine, shape, tensor.values));
  }
  pool.restore(pictures);
}

void load_checkpoint(const fs::path& path, Trainer& trainer) {
  const SafetensorsFile file = read_safetensors(path);
  const auto recorded = file.metadata.find("checksum");
  const auto step = file.metadata.find("step");
  if (recorded == file.metadata.end() || step == file.metadata.end() || recorded->second != checksum(file))
    throw FileError(path, "its checksum does not fit its contents",
                    "remove it to resume from the checkpoint before");
  std::int64_t steps_done = 0;
  std::from_chars(step->second.data(), step->second.data() + step->second.size(), steps_done);

  Trainer::State state = trainer.state();
  for_each_tensor(state, [&](const std::string& name, const Tensor& tensor) {
    const auto found = file.tensors.find(name);
    if (found == file.tensors.end())
      throw FileError(path, "tensor " + name + " is missing", "it belongs to a run with other options");
    from_file_tensor(path, name, found->second, tensor);
  });
  state.generators.publish();
  state.discriminators.publish();
  Engine& engine = state.generators.flat().engine();
  restore_pool(path, file, "pool_x", engine, state.pool_x);
  restore_pool(path, file, "pool_y", engine, state.pool_y);
  state.generator_optimizer.set_steps(steps_done);
  state.discriminator_optimizer.set_steps(steps_done);
  state.steps_done = steps_done;
}

}  // namespace

// Names sort as their steps do.
std::vector<fs::path> checkpoints_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(kPrefix) && name.ends_with(kSuffix)) found.push_back(entry.path());
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

void save_checkpoint(const fs::path& folder, Trainer& trainer) {
  const Trainer::State state = trainer.state();
  TensorsToCome tensors;
  for_each_tensor(state, [&tensors](const std::string& name, const Tensor& tensor) {
    tensors[name] = file_tensor_to_come(name, tensor);
  });
  add_pool(tensors, "pool_x", state.pool_x);
  add_pool(tensors, "pool_y", state.pool_y);
  // Each tensor twice, for the checksum and for the file: all together take three times the networks' memory.
  std::map<std::string, std::string> metadata{{"step", std::to_string(state.steps_done)}};
  Checksum sum(metadata["step"]);
  for (const auto& [name, tensor] : tensors) sum.add(name, tensor.shape, tensor.values());
  metadata["checksum"] = sum.text();

  constexpr std::size_t kDigits = 8;
  std::string number = std::to_string(state.steps_done);
  if (number.size() < kDigits) number.insert(0, kDigits - number.size(), '0');
  write_safetensors(folder / (kPrefix + number + kSuffix), tensors, metadata, true);
  const std::vector<fs::path> all = checkpoints_in(folder);
  for (std::size_t i = kKept; i < all.size(); ++i) remove_file(all[i]);
}

fs::path load_newest_checkpoint(const fs::path& folder, Trainer& trainer, std::vector<std::string>& damaged) {
  const std::vector<fs::path> all = checkpoints_in(folder);
  for (const fs::path& path : all) {
    try {
      load_checkpoint(path, trainer);
      return path;
    } catch (const FileError& error) {
      damaged.push_back(error.what());
    }
  }
  if (!all.empty())
    throw FileError(folder, "none of its checkpoints is whole", "start the run again with another --out");
  return {};
}

}  // namespace bauta
