// What the page asks for: a picture's bytes hidden or restored, as deid and reid do it with files. Everything
// stays in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "apps/face_finder.h"
#include "apps/key_options.h"
#include "cyclegan/anonymizer/checked_hider.h"
#include "cyclegan/anonymizer/restoring.h"

namespace bauta {

// What one request may ask for.
struct PictureLimits {
  std::int64_t pixels = 25'000'000;
  std::size_t faces = 100;
  int seconds = 120;  // that are worked on a picture, as far as faces can be stopped between

  // No picture file that is sensible for so many pixels has more.
  std::size_t bytes() const { return static_cast<std::size_t>(3 * pixels) + (1 << 20); }
};

struct PictureWorkOptions {
  CommonOptions common;
  FaceOptions faces;
  std::string model;
  KeyOptions key;  // to a locked Re-ID network of the model
  bool no_identity_check = false;
  PictureLimits limits;
};

struct HidingRequest {
  AnonymizationMode mode = AnonymizationMode::Keyed;
  int blocks = 0;  // asked for; 0: the usual
  Cover cover = Cover::Blocks;
  std::optional<SecretKey> key;  // of keyed mode
};

// The file, and what is told of it.
struct MadePicture {
  std::string png;
  nlohmann::ordered_json report;
};

class PictureWork {
 public:
  // Opens detector and networks. Throws FileError. A Re-ID network that is not at hand is told in facts().
  explicit PictureWork(const PictureWorkOptions& options);

  // What the page has to know.
  nlohmann::ordered_json facts() const;

  // The PNG is what `bauta deid` would write of the file. The report has for each of "faces" its box, and as
  // in deid's report block, likeness, recognized and fallback; "notes" tell of them in words. `progress` may
  // throw to stop. Throws Refused.
  MadePicture hide(std::string_view picture, const HidingRequest& request,
                   const FaceProgress& progress) const;
  // Of a picture as hide made it; the PNG is what `bauta reid` would write. key: of keyed pictures.
  MadePicture restore(std::string_view picture, const std::optional<Opener>& key,
                      const FaceProgress& progress) const;

 private:
  void require_within_limits(std::string_view picture) const;
  HidingWay way(const HidingRequest& request) const;
  MadePicture hidden(std::string_view picture, const HidingRequest& request,
                     const FaceProgress& progress) const;
  MadePicture restored(std::string_view picture, const std::optional<Opener>& key,
                       const FaceProgress& progress) const;

  PictureWorkOptions options_;
  FaceFinder finder_;
  OpenedNetwork G_;
  int open_blocks_;  // that are usual in open mode
  std::unique_ptr<IdentityCheck> identity_;
  std::string why_no_reid_;  // empty where F_ is there
  std::optional<OpenedNetwork> F_;
  mutable std::mutex loading_;
  mutable std::optional<KeyedNetworks> code_networks_;  // bauta's own, once a picture needs them
};

}  // namespace bauta
