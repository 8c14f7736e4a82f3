#include "cyclegan/faces/fetched_weights.h"

#include "cyclegan/networks/file_tensor.h"
#include "io/safetensors.h"
#include "kernels/check.h"

namespace bauta {

Parameters read_fetched_weights(Engine& engine, const std::filesystem::path& path, const Layer& network) {
  std::vector<NamedParameter> parameters;
  network.collect("", parameters);
  return read_fetched_weights(engine, path, std::move(parameters));
}

Parameters read_fetched_weights(Engine& engine, const std::filesystem::path& path,
                                std::vector<NamedParameter> parameters) {
  check_file_tensors(path, read_safetensors_header(path), parameters, "run scripts/fetch_networks again");
  for (const auto& [name, parameter] : parameters) parameter->trained = false;
  Parameters packed(engine, std::move(parameters));
  read_parameters(path, packed);
  packed.keep_forms();
  return packed;
}

void share_weights(const Parameters& of, const Layer& network) {
  std::vector<NamedParameter> own;
  network.collect("", own);
  for (const auto& [name, parameter] : own) {
    const Parameter* const other = of.find(name);
    BAUTA_CHECK(other && other->shape == parameter->shape, "share_weights: the other network has no ", name);
    *parameter = *other;
  }
}

}  // namespace bauta
