#include "apps/serve/picture_work.h"

#include <algorithm>
#include <new>
#include <stdexcept>

#include "apps/serve/refused.h"
#include "cyclegan/attacks/visible_risk.h"
#include "cyclegan/networks/model_files.h"
#include "cyclegan/report/text.h"
#include "cyclegan/version.h"
#include "io/file_error.h"
#include "io/png_codec.h"
#include "kernels/check.h"

namespace bauta {
namespace {

using nlohmann::ordered_json;

// What errors call the picture; the page puts its file's name there.
constexpr const char* kName = "picture";

// Errors about the picture become what the page shows.
template <typename Work>
MadePicture telling(const Work& work) {
  try {
    return work();
  } catch (const FileError& error) {
    std::string text = error.what();
    const std::string prefix = std::string(kName) + ": ";
    if (text.starts_with(prefix)) text = "it " + text.substr(prefix.size());
    const auto advice = text.rfind("; ");
    if (advice == text.npos) throw Refused(422, text, "take another picture");
    throw Refused(422, text.substr(0, advice), text.substr(advice + 2));
  } catch (const OutOfMemory& error) {
    throw Refused(503, error.what(), "take a smaller picture, or start bauta serve with --device cpu");
  } catch (const std::bad_alloc&) {
    throw Refused(503, "there is not the memory for it", "take a smaller picture");
  }
}

ordered_json size_json(const Image& photo) { return {{"width", photo.width}, {"height", photo.height}}; }

std::string face_number(std::size_t i) { return "Face " + std::to_string(i + 1); }

void require_few(std::size_t faces, const PictureLimits& limits, const std::string& advice) {
  if (faces <= limits.faces) return;
  throw Refused(422,
                "it has " + counted(faces, "face") + ", more than the " + std::to_string(limits.faces) +
                    " that this page takes",
                advice);
}

// What became of each region, and what is to be noted of them.
void add_regions(ordered_json& report, const AnonymizationRecord& record) {
  report["faces"] = ordered_json::array();
  for (std::size_t i = 0; i < record.regions.size(); ++i) {
    report["faces"].push_back(box_json(record.regions[i].face));
    if (record.mode == AnonymizationMode::Open && !record.regions[i].restorable)
      report["notes"].push_back(
          face_number(i) +
          ": the network left it recognizable, so the plain mosaic was written instead; "
          "it cannot be restored.");
  }
  for (const KeyedRegion& region : record.keyed_regions) report["faces"].push_back(box_json(region.box));
}

AnonymizationRecord hide_under_key(Image& photo, const std::vector<Box>& faces, const HidingRequest& request,
                                   int blocks, const FaceProgress& progress, ordered_json& report) {
  if (!request.key) throw Refused(400, "keyed mode needs a key", "make a new one, or paste your own");
  KeyedOptions options;
  options.cover = request.cover;
  options.blocks = blocks;
  options.progress = progress;
  report["fingerprint"] = request.key->fingerprint();
  try {
    KeyedPicture hidden =
        hide_keyed(photo, faces, options, Closer(SecretKey::from_bytes(request.key->bytes())), {});
    for (std::size_t i = 0; i < hidden.codes.size(); ++i)
      if (hidden.codes[i] != ResidualCode::Exact)
        report["notes"].push_back(face_number(i) +
                                  ": it does not fit bit for bit, and will come back nearly as it was.");
    return std::move(hidden.record);
  } catch (const std::invalid_argument& error) {
    throw Refused(422, error.what(), "choose one-way");
  }
}

// For the second engine, which need not say again what the first one said.
CommonOptions quietly(CommonOptions options) {
  options.quiet = true;
  return options;
}

}  // namespace

PictureWork::PictureWork(const PictureWorkOptions& options)
    : options_(options),
      finder_(options.faces, options.common),
      G_(make_engine(options.common), model_file(options.model, "deid.safetensors"), GeneratorRole::DeId),
      open_(G_, 0) {
  try {
    F_.emplace(make_engine(quietly(options.common)), network_file(options.model, "reid"), GeneratorRole::ReId,
               options_.key.given() ? asking(options_.key) : AskOpener());
  } catch (const FileError& error) {
    why_no_reid_ = error.what();
    if (options_.key.given()) throw;
    say(options_.common, why_no_reid_ + "; the page restores no pictures of open mode");
  }
}

ordered_json PictureWork::facts() const {
  const PictureLimits& limits = options_.limits;
  return {{"version", kVersion},
          {"detector", finder_.source()},
          {"limits",
           {{"bytes", limits.bytes()},
            {"pixels", limits.pixels},
            {"faces", limits.faces},
            {"seconds", limits.seconds}}},
          {"usual_blocks",
           {{"open", open_.blocks()}, {"keyed", kUsualCoverBlocks}, {"one-way", kUsualCoverBlocks}}},
          {"own_model", !options_.model.empty()},
          {"restores_open", F_.has_value()}};
}

void PictureWork::require_within_limits(std::string_view picture) const {
  if (picture.empty()) throw Refused(400, "no picture was sent", "choose a PNG, JPEG or WebP file");
  const ImageSize size = stored_size(kName, picture);
  const std::int64_t pixels = std::int64_t{size.width} * size.height;
  if (pixels > options_.limits.pixels)
    throw Refused(413,
                  "it has " + std::to_string(size.width) + " x " + std::to_string(size.height) +
                      " pixels, more than the " + std::to_string(options_.limits.pixels / 1'000'000) +
                      " million that this page takes",
                  "make it smaller, use bauta deid, or start bauta serve with --max-megapixels");
}

MadePicture PictureWork::hide(std::string_view picture, const HidingRequest& request,
                              const FaceProgress& progress) const {
  return telling([&] { return hidden(picture, request, progress); });
}

MadePicture PictureWork::restore(std::string_view picture, const std::optional<Opener>& key,
                                 const FaceProgress& progress) const {
  return telling([&] { return restored(picture, key, progress); });
}

MadePicture PictureWork::hidden(std::string_view picture, const HidingRequest& request,
                                const FaceProgress& progress) const {
  require_within_limits(picture);
  Image photo = decode_image(kName, picture);
  const std::vector<Box> faces = finder_.find(kName, photo).faces;
  if (faces.empty())
    throw Refused(422, "no face was found in it",
                  "take a photograph in which a face can be seen from the front, or start bauta serve with a "
                  "smaller --min-face");
  require_few(faces.size(), options_.limits, "use bauta deid");

  const int blocks = request.blocks > 0                        ? request.blocks
                     : request.mode == AnonymizationMode::Open ? open_.blocks()
                                                               : kUsualCoverBlocks;
  MadePicture made;
  made.report = {{"mode", to_string(request.mode)}, {"picture", size_json(photo)}};
  made.report["notes"] = ordered_json::array();
  AnonymizationRecord record;
  if (request.mode == AnonymizationMode::Open) {
    record = (request.blocks > 0 ? OpenHider(G_, blocks) : open_)(photo, faces, progress);
  } else if (request.mode == AnonymizationMode::OneWay) {
    record = hide_one_way(photo, faces, blocks, request.cover);
  } else {
    record = hide_under_key(photo, faces, request, blocks, progress, made.report);
  }
  add_regions(made.report, record);
  made.report["visible"] = request.cover == Cover::Fill && request.mode != AnonymizationMode::Open
                               ? "One grey covers each face: nothing of it stays visible."
                               : visible_risk_line(blocks);
  made.png = encode_png(photo, {{kRecordKeyword, to_json(record)}});
  return made;
}

MadePicture PictureWork::restored(std::string_view picture, const std::optional<Opener>& key,
                                  const FaceProgress& progress) const {
  require_within_limits(picture);
  Image photo = decode_image(kName, picture);
  std::optional<AnonymizationRecord> record;
  if (is_png(picture))
    if (const auto text = text_in_png(kName, picture, kRecordKeyword)) record = parse_record(kName, *text);
  if (record) require_recorded_size(kName, *record, {photo.width, photo.height});
  const std::size_t regions = record ? record->regions.size() + record->keyed_regions.size() : 0;
  require_few(regions, options_.limits, "use bauta reid");

  const bool by_network = record ? record->mode != AnonymizationMode::Keyed : !key;
  if (!by_network && !key)
    throw Refused(422, "it was hidden under a key", "paste that key, or load its file");
  std::vector<RestoredFace> faces;
  if (by_network) {
    if (!F_)
      throw Refused(422, "it needs a Re-ID network: " + why_no_reid_, "start bauta serve with --model");
    faces = restore_open(kName, photo, record, *F_, progress);
  } else {
    const auto load = [this]() -> const CodeNetworks& {
      const std::lock_guard lock(loading_);
      if (!code_networks_)
        code_networks_.emplace(make_exact_engine(options_.common), "", KeyedNetworks::For::Restoring);
      return code_networks_->code();
    };
    faces = restore_keyed(kName, photo, record, *key, false, {load, false}, progress);
  }

  MadePicture made;
  made.report = {{"mode", by_network ? "open" : "keyed"}, {"picture", size_json(photo)}};
  made.report["notes"] = ordered_json::array();
  made.report["faces"] = ordered_json::array();
  for (std::size_t i = 0; i < faces.size(); ++i) {
    made.report["faces"].push_back(box_json(faces[i].box));
    if (faces[i].how == Restored::Not)
      made.report["notes"].push_back(face_number(i) +
                                     (by_network ? ": a plain mosaic, which holds nothing to restore."
                                                 : ": changed since it was hidden, it stays as it is."));
  }
  made.report["exact"] =
      std::ranges::all_of(faces, [](const RestoredFace& face) { return face.how == Restored::Exact; });
  made.png = encode_png(photo);
  return made;
}

}  // namespace bauta
