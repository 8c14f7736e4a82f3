#include "io/safetensors.h"

#include <algorithm>
#include <bit>
#include <nlohmann/json.hpp>
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

bool fits(const std::vector<std::int64_t>& shape, std::size_t value_count) {
  const auto none_below = [&shape](std::int64_t low) {
    return std::all_of(shape.begin(), shape.end(), [low](std::int64_t side) { return side >= low; });
  };
  if (shape.size() > kMaxTensorRank || !none_below(0)) return false;
  if (!none_below(1)) return value_count == 0;
  // Divided away side by side, as a product might overflow.
  for (const std::int64_t side : shape) {
    if (value_count % static_cast<std::size_t>(side) != 0) return false;
    value_count /= static_cast<std::size_t>(side);
  }
  return value_count == 1;
}

void check_tensor(const std::string& name, const NamedTensor& tensor) {
  if (name == "__metadata__")
    throw std::invalid_argument("write_safetensors: a tensor is named __metadata__");
  if (!fits(tensor.shape, tensor.values.size())) {
    throw std::invalid_argument("write_safetensors: the shape of " + name + " does not fit its values");
  }
}

std::string header_text(const SafetensorsFile& file) {
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::uint64_t position = 0;
  for (const auto& [name, tensor] : file.tensors) {
    check_tensor(name, tensor);
    const std::uint64_t end = position + tensor.values.size() * sizeof(float);
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
  std::string header = header_text(file);
  // The length before the header has 8 bytes itself; blanks after a JSON text mean nothing.
  header.resize((header.size() + 7) / 8 * 8, ' ');
  AtomicFile out(path, overwrite);
  const auto length = static_cast<std::uint64_t>(header.size());
  out.write(std::as_bytes(std::span(&length, 1)));
  out.write(header);
  for (const auto& [name, tensor] : file.tensors) out.write(std::as_bytes(std::span(tensor.values)));
  out.commit();
}

}  // namespace bauta
