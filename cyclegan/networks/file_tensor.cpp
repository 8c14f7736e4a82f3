#include "cyclegan/networks/file_tensor.h"

#include <map>

#include "io/file_error.h"
#include "io/input_file.h"

namespace bauta {

namespace {

using FileShape = std::vector<std::int64_t>;

constexpr const char* kTakeAgain = "take the file from its source again";

// Norms of the reference keep none; older checkpoints hold them all the same.
bool is_running_statistic(const std::string& name) {
  return name.ends_with(".running_mean") || name.ends_with(".running_var") ||
         name.ends_with(".num_batches_tracked");
}

std::string shape_text(const FileShape& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + ")";
}

FileShape file_shape(const std::string& name, const Shape& shape) {
  if (name.ends_with("bias")) return {shape.c};
  return {shape.n, shape.c, shape.h, shape.w};
}

// Calls move(file index, parameter index) for each number of a weight: KCRS in files, KRSC here.
template <class Move>
void for_each_number(const Shape& shape, Move move) {
  std::size_t here = 0;
  const auto C = static_cast<std::size_t>(shape.c), R = static_cast<std::size_t>(shape.h),
             S = static_cast<std::size_t>(shape.w);
  for (std::size_t k = 0; k < static_cast<std::size_t>(shape.n); ++k)
    for (std::size_t r = 0; r < R; ++r)
      for (std::size_t s = 0; s < S; ++s)
        for (std::size_t c = 0; c < C; ++c) move(((k * C + c) * R + r) * S + s, here++);
}

void check_shape(const std::filesystem::path& path, const std::string& name, const FileShape& shape,
                 const Shape& wanted, const std::string& advice) {
  const FileShape expected = file_shape(name, wanted);
  // A slope for each channel is called a weight, too, and lies in files as the vector that it is.
  const bool is_vector = wanted == Shape{1, 1, 1, wanted.c};
  if (shape == expected || (is_vector && shape == FileShape{wanted.c})) return;
  throw FileError(
      path, "tensor " + name + " has shape " + shape_text(shape) + " instead of " + shape_text(expected),
      advice);
}

}  // namespace

NamedTensor to_file_tensor(const std::string& name, const Tensor& value) {
  NamedTensor tensor{file_shape(name, value.shape()), std::vector<float>(value.shape().count())};
  const std::vector<float> from = value.values();
  for_each_number(value.shape(),
                  [&](std::size_t in_file, std::size_t here) { tensor.values[in_file] = from[here]; });
  return tensor;
}

TensorToCome file_tensor_to_come(const std::string& name, const Tensor& value) {
  return {file_shape(name, value.shape()), [name, value] { return to_file_tensor(name, value).values; }};
}

void from_file_tensor(const std::filesystem::path& path, const std::string& name, const NamedTensor& tensor,
                      const Tensor& value) {
  check_shape(path, name, tensor.shape, value.shape(), kTakeAgain);
  std::vector<float> into(value.shape().count());
  for_each_number(value.shape(),
                  [&](std::size_t in_file, std::size_t here) { into[here] = tensor.values[in_file]; });
  value.assign(into);
}

void check_file_tensors(const std::filesystem::path& path, const SafetensorsHeader& header,
                        const std::vector<NamedParameter>& parameters, const std::string& advice) {
  std::map<std::string, FileShape> shapes;
  for (const TensorInfo& tensor : header.tensors) shapes[tensor.name] = tensor.shape;
  for (const auto& [name, parameter] : parameters) {
    const auto found = shapes.find(name);
    if (found != shapes.end()) {
      check_shape(path, name, found->second, parameter->shape, advice);
      shapes.erase(found);
    } else if (parameter->trained) {
      throw FileError(path, "tensor " + name + " is missing", advice);
    }
  }
  for (const auto& [name, shape] : shapes)
    if (!is_running_statistic(name)) throw FileError(path, "it has the unknown tensor " + name, advice);
}

void read_parameters(const std::filesystem::path& path, const Parameters& parameters) {
  read_parameters(InputFile(path), parameters);
}

void read_parameters(const ByteSource& file, const Parameters& parameters) {
  // One after another: no network lies in memory twice.
  for (const TensorInfo& tensor : read_safetensors_header(file).tensors)
    if (const Parameter* const parameter = parameters.find(tensor.name))
      from_file_tensor(file.path(), tensor.name, read_tensor(file, tensor), parameter->master);
  parameters.publish();
}

}  // namespace bauta
