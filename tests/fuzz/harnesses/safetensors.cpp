// Weight files: header and tensors.
#include "io/safetensors.h"

#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  const fuzz::InputAsSource file(data, size);
  SafetensorsHeader header;
  const bool read = fuzz::accepts([&] { header = read_safetensors_header(file); });
  for (const TensorInfo& tensor : header.tensors) {
    fuzz::require(tensor.begin <= tensor.end && tensor.end <= size, "tensors lie in the file");
    fuzz::require(tensor.count >= 0 && tensor.shape.size() <= kMaxTensorRank, "shapes are bounded");
  }
  fuzz::accepts([&] {
    const SafetensorsFile whole = read_safetensors(file);
    fuzz::require(read && whole.tensors.size() == header.tensors.size(), "all tensors of the header");
    for (const TensorInfo& tensor : header.tensors)
      fuzz::require(whole.tensors.at(tensor.name).values.size() == static_cast<std::size_t>(tensor.count),
                    "as many values as the shape says");
  });
  return 0;
}
