#include "cyclegan/baselines/learned.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <mutex>
#include <utility>
#include <vector>

#include "cyclegan/baselines/key.h"
#include "cyclegan/networks/file_tensor.h"
#include "cyclegan/networks/pictures.h"
#include "io/file_error.h"
#include "kernels/check.h"

namespace bauta {
namespace {

constexpr const char* kArchitecturePrefix = "bauta-baseline-";
constexpr const char* kWhatToPass = "pass a file of bauta train-baseline";
constexpr int kLargestNgf = 512;

std::vector<NamedParameter> collected(LearnedKind kind, const UNet& hiding, const UNet& restoring) {
  std::vector<NamedParameter> parameters;
  if (kind == LearnedKind::Password) {
    hiding.collect("T.", parameters);
  } else {
    hiding.collect("A.", parameters);
    restoring.collect("B.", parameters);
  }
  return parameters;
}

UNetConfig network_config(LearnedKind kind, int ngf) {
  return {ngf, kind == LearnedKind::Password ? LearnedNetworks::kPasswordBits : 0};
}

class LearnedMethod final : public Method {
 public:
  LearnedMethod(Engine& engine, std::shared_ptr<const LearnedNetworks> networks)
      : engine_(engine), networks_(std::move(networks)) {}

  Image hide(const FacePicture& clear) const override {
    return translated(clear, [&](const Tensor& x, const Boxes& boxes) {
      return networks_->hide(x, password(Key::Right), boxes);
    });
  }
  bool reversible() const override { return true; }
  bool keyed() const override { return networks_->kind() == LearnedKind::Password; }
  Image restore(const FacePicture& hidden, Key key) const override {
    return translated(hidden, [&](const Tensor& y, const Boxes& boxes) {
      return networks_->restore(y, password(key), boxes);
    });
  }

 private:
  Tensor password(Key key) const {
    return keyed() ? make_password(engine_, key_stream(KeyPair{}.of(key), KeyUse::Password)) : Tensor();
  }

  // Below and to the right the picture's edge is repeated up to a size that the network takes, and what is
  // made of that is cut off.
  template <class Network>
  Image translated(const FacePicture& picture, const Network& network) const {
    const std::scoped_lock turn(mutex_);
    const NoGrad inference(engine_);
    const Image& from = *picture.picture;
    const auto padded = [](int side) {
      constexpr int kMultiple = UNet::kSizeMultiple;
      return std::max((side + kMultiple - 1) / kMultiple * kMultiple, UNet::kMinimumSize);
    };
    const Tensor x = to_tensor(engine_, {crop(from, 0, 0, padded(from.width), padded(from.height))});
    const Boxes boxes(engine_, {picture.face});
    return crop(to_image(network(x, boxes), 0), 0, 0, from.width, from.height);
  }

  Engine& engine_;
  std::shared_ptr<const LearnedNetworks> networks_;
  mutable std::mutex mutex_;  // an engine is for one thread at a time
};

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t side : shape) text += (text.empty() ? "" : ", ") + std::to_string(side);
  return "(" + text + ")";
}

// The width that the file says; what it says of its kind must be the kind asked for.
int read_ngf(const std::filesystem::path& path, const SafetensorsHeader& header, LearnedKind kind) {
  const auto says = [&header](const char* key) {
    const auto found = header.metadata.find(key);
    return found == header.metadata.end() ? std::string() : found->second;
  };
  if (says("architecture") != kArchitecturePrefix + to_string(kind))
    throw FileError(path,
                    "its architecture is \"" + says("architecture") + "\", not that of " + to_string(kind),
                    kWhatToPass);
  const std::string text = says("ngf");
  int ngf = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ngf);
  if (error != std::errc() || end != text.data() + text.size() || ngf < 1 || ngf > kLargestNgf)
    throw FileError(path, "its metadata has ngf = \"" + text + "\"", "take the file from its source again");
  return ngf;
}

// That the file has these parameters' tensors and no others, before any memory is taken for them.
void check_tensors(const std::filesystem::path& path, const SafetensorsHeader& header,
                   const std::vector<NamedParameter>& parameters) {
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const TensorInfo& tensor : header.tensors) shapes[tensor.name] = tensor.shape;
  for (const auto& [name, parameter] : parameters) {
    const auto found = shapes.find(name);
    if (found == shapes.end()) throw FileError(path, "tensor " + name + " is missing", kWhatToPass);
    const Shape& s = parameter->shape;
    const std::vector<std::int64_t> wanted = name.ends_with("bias")
                                                 ? std::vector<std::int64_t>{s.c}
                                                 : std::vector<std::int64_t>{s.n, s.c, s.h, s.w};
    if (found->second != wanted)
      throw FileError(
          path,
          "tensor " + name + " has shape " + shape_text(found->second) + " instead of " + shape_text(wanted),
          kWhatToPass);
    shapes.erase(found);
  }
  if (!shapes.empty())
    throw FileError(path, "it has the unknown tensor " + shapes.begin()->first, kWhatToPass);
}

}  // namespace

std::string to_string(LearnedKind kind) { return kind == LearnedKind::Password ? "password" : "uunet"; }

LearnedKind learned_kind(const std::string& name) {
  for (const auto kind : {LearnedKind::Password, LearnedKind::UUNet})
    if (to_string(kind) == name) return kind;
  BAUTA_CHECK(false, "no learned baseline is called ", name, "; there are password, uunet");
}

LearnedNetworks::LearnedNetworks(Engine& engine, LearnedKind kind, int ngf)
    : kind_(kind),
      ngf_(ngf),
      hiding_(network_config(kind, ngf)),
      restoring_(network_config(kind, ngf)),
      parameters_(engine, collected(kind, hiding_, restoring_)) {}

Tensor LearnedNetworks::hide(const Tensor& x, const Tensor& password, const Boxes& boxes) const {
  return box_select(hiding_(x, password), x, boxes);
}

Tensor LearnedNetworks::restore(const Tensor& y, const Tensor& password, const Boxes& boxes) const {
  const Tensor x = kind_ == LearnedKind::Password ? hiding_(y, scale(password, -1)) : restoring_(y, password);
  return box_select(x, y, boxes);
}

void LearnedNetworks::initialize(std::uint64_t seed, std::uint64_t first_stream) const {
  constexpr std::uint64_t kStreamsPerNetwork = 1000;
  hiding_.initialize(seed, first_stream);
  if (kind_ == LearnedKind::UUNet) restoring_.initialize(seed, first_stream + kStreamsPerNetwork);
  parameters_.publish();
}

Tensor make_password(Engine& engine, const RandomStream& stream) {
  std::array<float, LearnedNetworks::kPasswordBits> bits;
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] = stream.below(2, i) == 1 ? 1.0f : -1.0f;
  return Tensor::from(engine, {1, 1, 1, LearnedNetworks::kPasswordBits}, bits);
}

void save_learned(const std::filesystem::path& path, const LearnedNetworks& networks,
                  const std::map<std::string, std::string>& provenance) {
  SafetensorsFile file;
  file.metadata = provenance;
  file.metadata["architecture"] = kArchitecturePrefix + to_string(networks.kind());
  file.metadata["ngf"] = std::to_string(networks.ngf());
  for (const auto& [name, parameter] : networks.parameters().named())
    file.tensors[name] = to_file_tensor(name, parameter->master);
  write_safetensors(path, file, true);
}

std::unique_ptr<Method> load_learned(Engine& engine, LearnedKind kind, const std::filesystem::path& path) {
  const SafetensorsHeader header = read_safetensors_header(path);
  const int ngf = read_ngf(path, header, kind);
  const UNet hiding(network_config(kind, ngf)), restoring(network_config(kind, ngf));
  check_tensors(path, header, collected(kind, hiding, restoring));
  const SafetensorsFile file = read_safetensors(path);
  const auto networks = std::make_shared<LearnedNetworks>(engine, kind, ngf);
  for (const auto& [name, parameter] : networks->parameters().named())
    from_file_tensor(path, name, file.tensors.at(name), parameter->master);
  networks->parameters().publish();
  return std::make_unique<LearnedMethod>(engine, networks);
}

std::unique_ptr<Method> learned_method(Engine& engine, const LearnedNetworks& networks) {
  // Shared with nobody: it is the caller's.
  return std::make_unique<LearnedMethod>(
      engine, std::shared_ptr<const LearnedNetworks>(std::shared_ptr<void>(), &networks));
}

}  // namespace bauta
