#include "cyclegan/baselines/baselines.h"

#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "cyclegan/baselines/compressive.h"
#include "cyclegan/baselines/irreversible.h"
#include "cyclegan/baselines/learned.h"
#include "cyclegan/baselines/relocation.h"
#include "cyclegan/keyed/keyed_method.h"

namespace bauta {
namespace {

// The number after `stem` and a hyphen; nothing where the name is another or the number is none of 1 to 999.
std::optional<int> number_after(std::string_view name, std::string_view stem) {
  if (!name.starts_with(stem) || name.size() < stem.size() + 2 || name[stem.size()] != '-') return {};
  const std::string_view digits = name.substr(stem.size() + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 1 || number > 999) return {};
  return number;
}

}  // namespace

std::span<const BaselineKind> baseline_kinds() {
  static constexpr std::array kKinds{
      BaselineKind{"mask", "a black box; nothing comes back"},
      BaselineKind{"blur", "a Gaussian of a tenth of the face's shorter side"},
      BaselineKind{"blur-N", "a Gaussian of the face's shorter side over N"},
      BaselineKind{
          "mosaic-N",
          "N blocks along the face's shorter side; the paper's size is 20. What deid --one-way writes"},
      BaselineKind{"keyed-N", "deid --key-file under N blocks; it comes back bit for bit"},
      BaselineKind{"keyed-companded-N", "the same with --code companded"},
      BaselineKind{"relocation", "pixels permuted under a key, in the manner of [27]"},
      BaselineKind{"relocation-N", "the same with squares of N pixels a side"},
      BaselineKind{"compressive", "half as many numbers measured with a keyed matrix, in the manner of [28]"},
      BaselineKind{"password:FILE", "a network conditioned by a password, in the manner of [29]"},
      BaselineKind{"uunet:FILE", "a public network that hides, a private one that restores, as [31]"},
  };
  return kKinds;
}

std::unique_ptr<Method> make_baseline(Engine& engine, const std::string& name) {
  if (name == "mask") return std::make_unique<Mask>();
  if (name == "blur") return std::make_unique<GaussianBlur>();
  if (const auto part = number_after(name, "blur")) return std::make_unique<GaussianBlur>(*part);
  if (const auto blocks = number_after(name, "mosaic")) return std::make_unique<PlainMosaic>(*blocks);
  for (const auto& [stem, code] :
       {std::pair("keyed", ResidualCode::Exact), std::pair("keyed-companded", ResidualCode::Companded)})
    if (const auto blocks = number_after(name, stem)) return std::make_unique<KeyedMethod>(code, *blocks);
  if (name == "relocation") return std::make_unique<Relocation>(1, KeyPair{});
  if (const auto side = number_after(name, "relocation"))
    return std::make_unique<Relocation>(*side, KeyPair{});
  if (name == "compressive") return std::make_unique<CompressiveSensing>(KeyPair{});
  for (const auto kind : {LearnedKind::Password, LearnedKind::UUNet})
    if (const std::string stem = to_string(kind) + ":"; name.starts_with(stem) && name.size() > stem.size())
      return load_learned(engine, kind, name.substr(stem.size()));
  std::string known;
  for (const BaselineKind& kind : baseline_kinds())
    known += (known.empty() ? "" : ", ") + std::string(kind.name);
  throw std::invalid_argument("there is no baseline \"" + name + "\"; take one of " + known +
                              ", N from 1 to 999");
}

}  // namespace bauta
