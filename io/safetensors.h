#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "io/byte_source.h"

namespace bauta {

// Weights in safetensors files (https://huggingface.co/docs/safetensors): 8 bytes of header length, a JSON
// header, then the tensors' bytes, little-endian and without gaps. Layouts are not changed here: a shape is
// what the file says, row-major. Files are read as hostile input; everything throws FileError.

// A tensor's values in row-major order; a scalar has an empty shape and one value.
struct NamedTensor {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

struct SafetensorsFile {
  std::map<std::string, NamedTensor> tensors;
  std::map<std::string, std::string> metadata;  // the header's __metadata__
};

// A tensor as the header describes it. `begin` and `end` are bytes from the start of the file.
struct TensorInfo {
  std::string name;
  std::string dtype;  // as the format spells it: "F32", "BF16", ...
  std::vector<std::int64_t> shape;
  std::int64_t count = 0;  // elements: the product of the shape
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<TensorInfo> tensors;  // in the order of their bytes
  std::map<std::string, std::string> metadata;
};

// A header may have at most this many bytes (the largest network's is a hundredth of it) and this many
// dimensions.
inline constexpr std::uint64_t kMaxSafetensorsHeaderBytes = 16 << 20;
inline constexpr std::size_t kMaxTensorRank = 8;

// Reads and checks the header alone: its length, its JSON (depth, no name twice), and that the tensors' byte
// ranges fit their shapes and together cover the file exactly, none overlapping another.
SafetensorsHeader read_safetensors_header(const std::filesystem::path& path);
SafetensorsHeader read_safetensors_header(const ByteSource& file);

// One tensor of the header's. F32 comes back bit for bit; F16 and BF16 are widened, exactly; any other type
// is an error.
NamedTensor read_tensor(const ByteSource& file, const TensorInfo& info);
// All of them.
SafetensorsFile read_safetensors(const std::filesystem::path& path);
SafetensorsFile read_safetensors(const ByteSource& file);

// A tensor whose values are asked for when it is written.
struct TensorToCome {
  std::vector<std::int64_t> shape;
  std::function<std::vector<float>()> values;
};
using TensorsToCome = std::map<std::string, TensorToCome>;

// Writes all tensors as F32, sorted by name, the data starting at a multiple of 8 bytes (AtomicFile). Throws
// std::invalid_argument if a shape does not fit its values, a name is "__metadata__" or a text is not UTF-8.
void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file,
                       bool overwrite = false);
// The same of tensors that need not be there together.
void write_safetensors(const std::filesystem::path& path, const TensorsToCome& tensors,
                       const std::map<std::string, std::string>& metadata, bool overwrite = false);

}  // namespace bauta
