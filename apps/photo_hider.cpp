#include "apps/photo_hider.h"

#include "apps/key_options.h"
#include "cyclegan/networks/model_files.h"

namespace bauta {

PhotoHider::PhotoHider(const DeidOptions& options)
    : blocks_(options.blocks > 0 ? options.blocks : kUsualCoverBlocks),
      chosen_(options.blocks > 0 ? BlocksAre::AskedFor : BlocksAre::Usual),
      cover_(options.cover_kind()) {
  if (options.mode() == AnonymizationMode::Open) open_network(options);
  if (options.mode() == AnonymizationMode::Keyed) {
    KeyOptions of_network;
    of_network.key_file = options.hiding.key_file;
    if (options.hiding.code == "network")
      code_networks_.emplace(make_engine(options.common), options.model, KeyedNetworks::For::Hiding,
                             models_folder(), asking(of_network));
    keyed_.emplace(options.hiding, cover_, blocks_, code_networks_ ? &code_networks_->code() : nullptr);
  }
  if (options.no_identity_check) return;
  if (IdentityCheck::is_available())
    identity_.emplace(asked_cpu(options.common));
  else
    say(options.common,
        "no face recognizer looks whether faces are still recognized; run scripts/setup with a connection to "
        "PyPI to fetch YuNet and SFace");
}

void PhotoHider::open_network(const DeidOptions& options) {
  G_ = std::make_unique<OpenedNetwork>(make_engine(options.common),
                                       model_file(options.model, "deid.safetensors"), GeneratorRole::DeId);
  open_.emplace(*G_, options.blocks, options.size);
  blocks_ = open_->blocks();
  // Whoever names a model asks for what it draws.
  if (!options.model.empty() && G_->network.facts.mosaic_blocks > 0) chosen_ = BlocksAre::AskedFor;
  say(options.common,
      options.model.empty()
          ? "open mode with the default model: its Re-ID network is public, so anyone can restore these "
            "faces; use --key-file or --one-way"
          : "open mode: whoever has the Re-ID network of this model can restore these faces; --key-file "
            "makes that depend on a key");
}

CheckedPicture PhotoHider::operator()(FileReport& report, Image& photo, const std::vector<Box>& faces) const {
  const HidePhoto hide = [&](Image& picture, int blocks) -> KeyedPicture {
    if (keyed_) return (*keyed_)(report.job().input, picture, faces, blocks);
    if (open_) return {(*open_)(picture, faces), {}};
    return {hide_one_way(picture, faces, blocks, cover_), {}};
  };
  CheckedPicture picture =
      hide_checked(photo, hide, blocks_, cover_, identity_ ? &*identity_ : nullptr, chosen_);
  if (keyed_) keyed_->report_codes(report, picture.hidden);
  return picture;
}

Workers PhotoHider::workers(const CommonOptions& common, std::size_t photographs) const {
  return engine() ? workers_beside(*engine(), photographs) : workers_without_network(common, photographs);
}

const Engine* PhotoHider::engine() const {
  if (code_networks_) return &code_networks_->engine();
  return G_ ? G_->engine.get() : nullptr;
}

std::optional<int> PhotoHider::visible_blocks() const {
  return cover_ == Cover::Fill ? std::nullopt : std::optional(blocks_);
}

nlohmann::ordered_json PhotoHider::settings(const DeidOptions& options) const {
  nlohmann::ordered_json settings{{"mode", to_string(options.mode())},
                                  {"blocks", blocks_},
                                  {"cover", options.cover},
                                  {"regions", options.regions},
                                  {"format", to_string(options.format)},
                                  {"identity_check", checks_identity()},
                                  {"require_faces", options.require_faces},
                                  {"allow_no_face", options.faces.allow_no_face}};
  if (keyed_) {
    settings["closed_for"] = keyed_->who();
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
