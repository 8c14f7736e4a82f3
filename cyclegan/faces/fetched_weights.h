// Public networks' weights, as scripts/fetch_networks writes them: networks to measure with, never taught.
#pragma once

#include <filesystem>

#include "nn/layers.h"

namespace bauta {

// Packs the network's parameters with the file's values, none of them trained: gradients flow through such a
// network and not to it. Throws FileError when the file is not there, or is another network's.
Parameters read_fetched_weights(Engine& engine, const std::filesystem::path& path,
                                std::vector<NamedParameter> parameters);
Parameters read_fetched_weights(Engine& engine, const std::filesystem::path& path, const Layer& network);

// Gives a network of the same layers the values of another, and what kernels keep of them.
void share_weights(const Parameters& of, const Layer& network);

}  // namespace bauta
