// What makes faces unrecognizable: a network, a mosaic with what restoring needs enciphered in it, or, in
// one-way mode, nothing but a mosaic; and what then looks whether it did.
#pragma once

#include <memory>
#include <optional>

#include "apps/deid_options.h"
#include "cyclegan/anonymizer/checked_hiding.h"

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
  std::optional<int> visible_blocks() const;
  bool checks_identity() const { return identity_.has_value(); }
  // Whatever of all this decides what is written of a photograph and its faces.
  nlohmann::ordered_json settings(const DeidOptions& options) const;

 private:
  void open_network(const DeidOptions& options);

  int blocks_;
  BlocksAre chosen_;
  Cover cover_;
  std::optional<KeyedNetworks> code_networks_;
  std::optional<KeyedHider> keyed_;
  std::unique_ptr<OpenedNetwork> G_;
  std::optional<OpenHider> open_;
  std::optional<IdentityCheck> identity_;
};

}  // namespace bauta
