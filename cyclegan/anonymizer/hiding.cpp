#include "cyclegan/anonymizer/hiding.h"

#include <algorithm>
#include <stdexcept>

#include "cyclegan/anonymizer/anonymizer.h"

namespace bauta {
namespace {

int blocks_for(const GeneratorFacts& facts, int asked) {
  if (asked > 0) return asked;
  return facts.mosaic_blocks > 0 ? facts.mosaic_blocks : kUsualOpenBlocks;
}

AnonymizationRecord record_of(const Image& photo, AnonymizationMode mode) {
  AnonymizationRecord record;
  record.mode = mode;
  record.picture = {photo.width, photo.height};
  return record;
}

}  // namespace

OpenHider::OpenHider(const OpenedNetwork& G, int blocks, int asked_size)
    : G_(G),
      size_(picture_size_of(G.path, G.network.facts, asked_size)),
      blocks_(blocks_for(G.network.facts, blocks)) {
  require_memory(*G.engine, G.path, G.network.facts.config, size_, size_);
}

AnonymizationRecord OpenHider::operator()(Image& photo, const std::vector<Box>& faces,
                                          const FaceProgress& progress) const {
  AnonymizationRecord record = record_of(photo, AnonymizationMode::Open);
  record.network_size = size_;
  std::size_t done = 0;
  if (progress) progress(done, faces.size());
  const FaceNetwork counted = [&](const Image& picture, const MosaicBox& face) {
    Image made = G_.translate(picture, face);
    if (progress) progress(++done, faces.size());
    return made;
  };
  record.regions = deidentify(photo, faces, counted, size_, blocks_);
  return record;
}

AnonymizationRecord hide_one_way(Image& photo, const std::vector<Box>& faces, int blocks, Cover cover) {
  AnonymizationRecord record = record_of(photo, AnonymizationMode::OneWay);
  record.regions = pixelate(photo, faces, blocks, cover);
  return record;
}

std::vector<std::size_t> redraw_regions(Photograph& photo, const AnonymizationRecord& record) {
  std::vector<std::size_t> outlined;
  redraw(photo, boxes_of(record));
  for (std::size_t i = 0; i < record.regions.size(); ++i) {
    const Region& region = record.regions[i];
    if (!region.restorable)
      mosaic_alpha(photo, region.face, region.block);
    else if (shows_a_shape(photo, region.face))
      outlined.push_back(i);
  }
  for (std::size_t i = 0; i < record.keyed_regions.size(); ++i)
    if (shows_a_shape(photo, record.keyed_regions[i].box)) outlined.push_back(i);
  return outlined;
}

std::string to_string(ResidualCode code) {
  switch (code) {
    case ResidualCode::Exact:
      return "exact";
    case ResidualCode::Companded:
      return "companded";
    case ResidualCode::Network:
      return "network";
  }
  throw std::invalid_argument("to_string: no such code");
}

KeyedPicture hide_keyed(Image& photo, const std::vector<Box>& faces, const KeyedOptions& options,
                        const Closer& closer, const std::vector<PublicKey>& recipients) {
  KeyedPicture picture{record_of(photo, AnonymizationMode::Keyed), {}};
  std::vector<HiddenFace> hidden;
  if (const auto* passphrase = std::get_if<Passphrase>(&closer))
    hidden = hide_faces(photo, faces, options, *passphrase, recipients);
  else if (const auto* key = std::get_if<SecretKey>(&closer))
    hidden = hide_faces(photo, faces, options, *key, recipients);
  else
    hidden = hide_faces(photo, faces, options, SecretKey::generate(), recipients);
  for (HiddenFace& face : hidden) {
    picture.record.keyed_regions.push_back(std::move(face.region));
    picture.codes.push_back(face.code);
  }
  return picture;
}

}  // namespace bauta
