#include "cyclegan/anonymizer/code_networks.h"

#include <zlib.h>

#include <algorithm>

#include "kernels/check.h"

namespace bauta {
namespace {

constexpr int kPartSide = 512;  // pixels, and up to a block more

// What tells networks apart: their weights, whatever file they came in.
std::uint32_t identity_of(const LoadedGenerator& network) {
  std::vector<NamedParameter> parameters;
  network.generator.collect("", parameters);
  uLong sum = crc32(0, nullptr, 0);
  for (const auto& [name, parameter] : parameters) {
    const std::vector<float> values = parameter->master.values();
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(values.data()), values.size() * sizeof(float));
  }
  return static_cast<std::uint32_t>(sum);
}

// From `side` pixels those of one part, and those around it that reach it.
struct Stretch {
  int start, length, from, to;
};
std::vector<Stretch> stretches(int side, int part, int around) {
  std::vector<Stretch> result;
  for (int start = 0; start < side; start += part) {
    const int length = std::min(part, side - start);
    result.push_back({start, length, std::max(0, start - around), std::min(side, start + length + around)});
  }
  return result;
}

// Parts begin where blocks do, so that each block's mean is its own; of the blocks around them only what
// reaches is seen, and so their means are nearly theirs.
Image in_parts(const FaceNetwork& network, const Image& region, int block, int reach) {
  const int part = (kPartSide + block - 1) / block * block, around = std::max(reach, Generator::kMinimumSize);
  Image result = region;
  for (const Stretch& down : stretches(region.height, part, around))
    for (const Stretch& across : stretches(region.width, part, around)) {
      const int width = across.to - across.from, height = down.to - down.from;
      const Image made =
          network(crop(region, across.from, down.from, width, height), {.x = -(across.from % block),
                                                                        .y = -(down.from % block),
                                                                        .width = width + across.from % block,
                                                                        .height = height + down.from % block,
                                                                        .block = block});
      paste(result,
            crop(made, across.start - across.from, down.start - down.from, across.length, down.length),
            across.start, down.start);
    }
  return result;
}

}  // namespace

CodeNetworks code_networks(const LoadedGenerator* G, FaceNetwork run_G, const LoadedGenerator& F,
                           FaceNetwork run_F) {
  const GeneratorConfig& reads = F.facts.config;
  for (const LoadedGenerator* network : {G, &F}) {
    if (!network) continue;
    const GeneratorConfig& config = network->facts.config;
    BAUTA_CHECK(config.kind == GeneratorKind::Keyed, "a ", to_string(config.kind),
                " generator is none of the keyed channel");
    BAUTA_CHECK(config.residual_levels == reads.residual_levels, "the two networks have residual levels ",
                config.residual_levels, " and ", reads.residual_levels);
  }
  CodeNetworks networks;
  networks.k = static_cast<int>(reads.residual_levels);
  networks.identity = identity_of(F);
  if (G)
    networks.write = [run = std::move(run_G), reach = keyed_reach(G->facts.config.residual_blocks)](
                         const Image& region, int block) { return in_parts(run, region, block, reach); };
  networks.read = [run = std::move(run_F), reach = keyed_reach(reads.residual_blocks)](const Image& levels) {
    return in_parts(run, levels, 1, reach);
  };
  return networks;
}

}  // namespace bauta
