// What deid's options ask for, loaded: networks, keys, the face recognizer; and what is told of it.
#pragma once

#include <memory>
#include <optional>

#include "apps/deid_options.h"
#include "cyclegan/anonymizer/checked_hider.h"

namespace bauta {

class PhotoHider {
 public:
  // Says who can restore in open mode, and what cannot be checked. Throws FileError.
  explicit PhotoHider(const DeidOptions& options);

  // For several threads. Throws FileError, NotHidden.
  CheckedPicture operator()(FileReport& report, Image& photo, const std::vector<Box>& faces) const;

  Workers workers(const CommonOptions& common, std::size_t photographs) const;
  // Null without a network.
  const Engine* engine() const;
  // Across a face; nothing where one grey covers all.
  std::optional<int> visible_blocks() const { return hider_->visible_blocks(); }
  bool checks_identity() const { return identity_ != nullptr; }
  // Whatever of all this decides what is written of a photograph and its faces.
  nlohmann::ordered_json settings(const DeidOptions& options) const;

 private:
  HidingWay way(const DeidOptions& options);
  HideByNetwork by_network(const DeidOptions& options);

  std::optional<KeyedNetworks> code_networks_;
  std::unique_ptr<OpenedNetwork> G_;
  std::unique_ptr<IdentityCheck> identity_;
  ResidualCode code_ = ResidualCode::Exact;  // asked for
  std::string who_restores_;                 // of keyed pictures
  std::optional<CheckedHider> hider_;        // last: it uses the others
};

}  // namespace bauta
