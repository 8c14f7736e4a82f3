// The generators: De-ID network G, which pixelates a face, and Re-ID network F, which brings it back.
// Paper section 4.1; Zhu et al. 2017, appendix 7.2: c7s1-64, d128, d256, R256 x 9, u128, u64, c7s1-3.
#pragma once

#include <string>
#include <vector>

#include "cyclegan/networks/bounded_generator.h"
#include "cyclegan/networks/keyed_generator.h"
#include "nn/layers.h"

namespace bauta {

// All kinds but Keyed share one body and its parameter names; they differ in how its output becomes a
// picture.
enum class GeneratorKind {
  Reference,  // y = tanh(body(x)): the paper's. Blind to brightness: its first norm removes mean and
              // contrast.
  Skip,       // y = clamp(x + body(x)): starts as the identity, keeps brightness
  Bounded,    // pixelated by construction: see bounded_generator.h
  Keyed,      // what lies under the cipher of keyed De-ID: see keyed_generator.h
};

enum class GeneratorRole { DeId, ReId };

struct GeneratorConfig {
  GeneratorKind kind = GeneratorKind::Reference;
  GeneratorRole role = GeneratorRole::DeId;
  int ngf = 64;             // channels of the first convolution
  int residual_blocks = 9;  // at 256x256; 6 for smaller pictures
  // Only the face box is the network's; the rest is the input's own (always so for Bounded and Keyed).
  bool composite = false;
  // Bounded and Keyed: how far G may leave the block colours, in grey levels of 255.
  float residual_levels = 5;
  // Bounded only: where companding turns from linear to logarithmic.
  float companding_levels = 12;

  bool operator==(const GeneratorConfig&) const = default;
};

// "reference", "skip", "bounded", "keyed". The inverse throws CheckError naming the ones there are.
std::string to_string(GeneratorKind kind);
GeneratorKind generator_kind(const std::string& name);

class Generator {
 public:
  // Throws CheckError when ngf or residual_blocks is below 1, and for residual levels that the kind cannot
  // have.
  explicit Generator(const GeneratorConfig& config);

  // x, result: (N,H,W,3) in [-1, 1]; H and W at least kMinimumSize and multiples of size_multiple().
  // boxes: the face and its mosaic's block in each picture; Reference and Skip without composite do not look
  // at them.
  Tensor operator()(const Tensor& x, const Boxes& boxes) const;

  const GeneratorConfig& config() const { return config_; }
  int size_multiple() const { return config_.kind == GeneratorKind::Keyed ? 1 : kSizeMultiple; }
  void collect(const std::string& prefix, std::vector<NamedParameter>& into) const;
  // N(0, 0.02) as in the reference; for the other kinds the last convolution starts at zero, so that they
  // start as the function they deviate from. To be called when the parameters are packed; draws from the
  // streams first_stream, first_stream + 1, ... of the seed.
  void initialize(std::uint64_t seed, std::uint64_t first_stream) const;
  // Lets go of what is kept for each size of picture that it was given; it is made again when needed.
  void forget_sizes() const { signs_.forget(); }

  static constexpr int kSizeMultiple = 4;  // two convolutions of stride 2; Keyed has none
  static constexpr int kMinimumSize = 8;   // reflection by 1 at a quarter of the size

 private:
  Tensor translate(const Tensor& x, const Boxes& boxes) const;

  GeneratorConfig config_;
  Sequential body_;
  Sequential refine_;                       // Bounded Re-ID only
  SignPattern signs_;                       // Bounded only
  std::vector<std::string> zero_at_first_;  // weights, by their names without the prefix
};

}  // namespace bauta
