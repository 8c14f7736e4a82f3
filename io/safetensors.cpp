#include "io/safetensors.h"

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <stdexcept>

#include "io/atomic_file.h"
#include "io/file_error.h"
#include "io/input_file.h"

namespace bauta {
namespace {

static_assert(std::endian::native == std::endian::little,
              "tensors are read and written as they lie in memory");

float from_bfloat16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

// IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits.
float from_float16(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fu;
  const std::uint32_t fraction = half & 0x3ffu;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent == 0) {
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  return std::bit_cast<float>(sign | (exponent + 127 - 15) << 23 | fraction << 13);
}

template <typename Convert>
void read_halves(const ByteSource& file, std::uint64_t offset, std::vector<float>& values,
                 const Convert& convert) {
  std::vector<std::uint16_t> halves(values.size());
  file.read_at(offset, std::as_writable_bytes(std::span(halves)));
  for (std::size_t i = 0; i < halves.size(); ++i) values[i] = convert(halves[i]);
}

// How many values; nothing where there is none of that shape.
std::optional<std::size_t> count_of(const std::vector<std::int64_t>& shape) {
  const auto none_below = [&shape](std::int64_t low) {
    return std::all_of(shape.begin(), shape.end(), [low](std::int64_t side) { return side >= low; });
  };
  if (shape.size() > kMaxTensorRank || !none_below(0)) return {};
  if (!none_below(1)) return 0;
  std::size_t count = 1;
  for (const std::int64_t side : shape)
    if (__builtin_mul_overflow(count, static_cast<std::size_t>(side), &count)) return {};
  return count;
}

std::size_t checked_count(const std::string& name, const std::vector<std::int64_t>& shape) {
  if (name == "__metadata__")
    throw std::invalid_argument("write_safetensors: a tensor is named __metadata__");
  const auto count = count_of(shape);
  if (!count)
    throw std::invalid_argument("write_safetensors: the shape of " + name + " does not fit its values");
  return *count;
}

std::string header_text(const TensorsToCome& tensors, const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t position = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::uint64_t end = position + checked_count(name, tensor.shape) * sizeof(float);
    header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {position, end}}};
    position = end;
  }
  try {
    return header.dump();
  } catch (const nlohmann::json::exception&) {
    throw std::invalid_argument("write_safetensors: a name or a text is not UTF-8");
  }
}

}  // namespace

NamedTensor read_tensor(const ByteSource& file, const TensorInfo& info) {
  NamedTensor tensor{info.shape, std::vector<float>(static_cast<std::size_t>(info.count))};
  if (info.dtype == "F32") {
    file.read_at(info.begin, std::as_writable_bytes(std::span(tensor.values)));
  } else if (info.dtype == "BF16") {
    read_halves(file, info.begin, tensor.values, from_bfloat16);
  } else if (info.dtype == "F16") {
    read_halves(file, info.begin, tensor.values, from_float16);
  } else {
    throw FileError(file.path(), "has a tensor " + info.name + " of type " + info.dtype,
                    "convert its tensors to F32, BF16 or F16");
  }
  return tensor;
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  return read_safetensors(InputFile(path));
}

SafetensorsFile read_safetensors(const ByteSource& file) {
  SafetensorsHeader header = read_safetensors_header(file);
  SafetensorsFile result;
  result.metadata = std::move(header.metadata);
  for (const TensorInfo& info : header.tensors) result.tensors.emplace(info.name, read_tensor(file, info));
  return result;
}

void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file, bool overwrite) {
  TensorsToCome tensors;
  for (const auto& [name, tensor] : file.tensors)
    tensors[name] = {tensor.shape, [&tensor = tensor] { return tensor.values; }};
  write_safetensors(path, tensors, file.metadata, overwrite);
}

void write_safetensors(const std::filesystem::path& path, const TensorsToCome& tensors,
                       const std::map<std::string, std::string>& metadata, bool overwrite) {
  std::string header = header_text(tensors, metadata);
  // The length before the header has 8 bytes itself; blanks after a JSON text mean nothing.
  header.resize((header.size() + 7) / 8 * 8, ' ');
  AtomicFile out(path, overwrite);
  const auto length = static_cast<std::uint64_t>(header.size());
  out.write(std::as_bytes(std::span(&length, 1)));
  out.write(header);
  for (const auto& [name, tensor] : tensors) {
    const std::vector<float> values = tensor.values();
    if (values.size() != checked_count(name, tensor.shape))
      throw std::invalid_argument("write_safetensors: the shape of " + name + " does not fit its values");
    out.write(std::as_bytes(std::span(values)));
  }
  out.commit();
}

}  // namespace bauta
