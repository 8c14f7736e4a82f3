// What a weight file says of its network: the input is the header, JSON, before weights that are all zero.
#include "cyclegan/networks/weight_file.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "tests/fuzz/harness.h"

using namespace bauta;

namespace {

// The largest number in the header that may be where the weights end.
std::size_t end_of_weights(std::string_view header) {
  constexpr std::size_t kMost = std::size_t{1} << 21;
  std::size_t end = 0;
  for (const char* at = header.data(); at != header.data() + header.size();) {
    std::size_t number = 0;
    const auto [next, error] = std::from_chars(at, header.data() + header.size(), number);
    if (error == std::errc() && number <= kMost) end = std::max(end, number);
    at = std::max(next, at + 1);
  }
  return end;
}

std::vector<std::uint8_t> file_with(std::string_view header) {
  std::vector<std::uint8_t> file(8 + header.size() + end_of_weights(header));
  for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<std::uint8_t>(header.size() >> (8 * i));
  std::ranges::copy(header, file.begin() + 8);
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Engine engine;
  const std::vector<std::uint8_t> bytes = file_with(fuzz::text_of(data, size));
  const fuzz::InputAsSource file(bytes.data(), bytes.size());
  fuzz::accepts([&] {
    const LoadedGenerator loaded = load_generator(engine, file);
    const GeneratorConfig& config = loaded.facts.config;
    fuzz::require(config.ngf >= 1 && config.residual_blocks >= 1, "a generator has channels and blocks");
    fuzz::require(config.residual_levels > 0 && config.residual_levels <= 100, "its residual is bounded");
    fuzz::require(loaded.facts.size >= 0 && loaded.facts.mosaic_blocks >= 0, "sizes are none or some");
    // Of 16 bits perhaps, and biases may be missing.
    fuzz::require(loaded.parameters.count() <= bytes.size(), "its weights are the file's");
  });
  return 0;
}
