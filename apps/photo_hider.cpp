#include "apps/photo_hider.h"

#include "apps/identity_option.h"
#include "apps/key_options.h"
#include "cyclegan/networks/model_files.h"
#include "io/file_error.h"

namespace bauta {

PhotoHider::PhotoHider(const DeidOptions& options) {
  HidingWay chosen = way(options);
  identity_ = open_identity_check(options.common, options.no_identity_check);
  hider_.emplace(std::move(chosen), options.blocks, options.cover_kind(), likeness_by(identity_.get()));
}

HidingWay PhotoHider::way(const DeidOptions& options) {
  if (options.mode() == AnonymizationMode::OneWay) return HideForGood();
  if (options.mode() == AnonymizationMode::Open) return by_network(options);
  KeyOptions of_network;
  of_network.key_file = options.hiding.key_file;
  if (options.hiding.code == "network")
    code_networks_.emplace(make_engine(options.common), options.model, KeyedNetworks::For::Hiding,
                           models_folder(), asking(of_network));
  HideUnderKey under_key =
      hiding_under_key(options.hiding, code_networks_ ? &code_networks_->code() : nullptr);
  code_ = under_key.code;
  who_restores_ = who_restores(under_key);
  return under_key;
}

HideByNetwork PhotoHider::by_network(const DeidOptions& options) {
  G_ = std::make_unique<OpenedNetwork>(make_engine(options.common),
                                       model_file(options.model, "deid.safetensors"), GeneratorRole::DeId);
  say(options.common,
      options.model.empty()
          ? "open mode with the default model: its Re-ID network is public, so anyone can restore these "
            "faces; use --key-file or --one-way"
          : "open mode: whoever has the Re-ID network of this model can restore these faces; --key-file "
            "makes that depend on a key");
  return {*G_, options.size, !options.model.empty()};
}

CheckedPicture PhotoHider::operator()(FileReport& report, Image& photo, const std::vector<Box>& faces) const {
  if (hider_->mode() != AnonymizationMode::Keyed) return (*hider_)(photo, faces);
  try {
    CheckedPicture picture = (*hider_)(photo, faces);
    report_codes(report, picture.hidden, code_);
    return picture;
  } catch (const std::invalid_argument& error) {
    throw FileError(report.job().input, error.what(), "use --one-way");
  }
}

Workers PhotoHider::workers(const CommonOptions& common, std::size_t photographs) const {
  return engine() ? workers_beside(*engine(), photographs) : workers_without_network(common, photographs);
}

const Engine* PhotoHider::engine() const {
  if (code_networks_) return &code_networks_->engine();
  return G_ ? G_->engine.get() : nullptr;
}

nlohmann::ordered_json PhotoHider::settings(const DeidOptions& options) const {
  nlohmann::ordered_json settings{{"mode", to_string(options.mode())},
                                  {"blocks", hider_->blocks()},
                                  {"cover", options.cover},
                                  {"regions", options.regions},
                                  {"format", to_string(options.format)},
                                  {"identity_check", checks_identity()},
                                  {"require_faces", options.require_faces},
                                  {"allow_no_face", options.faces.allow_no_face}};
  if (options.mode() == AnonymizationMode::Keyed) {
    settings["closed_for"] = who_restores_;
    settings["code"] = options.hiding.code;
    settings["residual_levels"] = options.hiding.residual_levels;
  }
  if (code_networks_) settings["networks"] = code_networks_->code().identity;
  if (G_) {
    settings["network"] = public_hash_of_file(G_->path);
    settings["size"] = options.size;
    settings["precision"] = options.common.precision;
  }
  return settings;
}

}  // namespace bauta
