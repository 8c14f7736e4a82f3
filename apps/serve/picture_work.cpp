#include "apps/serve/picture_work.h"

#include <algorithm>
#include <new>
#include <stdexcept>

#include "apps/identity_option.h"
#include "apps/serve/refused.h"
#include "cyclegan/attacks/visible_risk.h"
#include "cyclegan/networks/model_files.h"
#include "cyclegan/report/text.h"
#include "cyclegan/version.h"
#include "io/file_error.h"
#include "kernels/check.h"

namespace bauta {
namespace {

using nlohmann::ordered_json;

// What errors call the picture; the page puts its file's name there.
constexpr const char* kName = "picture";

// What is wrong with the picture in a sentence of its own, and advice to the program's user in words of the
// page's.
std::string told_by_the_page(std::string text) {
  const std::string prefix = std::string(kName) + ": ";
  if (text.starts_with(prefix + "face "))
    text = "its " + text.substr(prefix.size());
  else if (text.starts_with(prefix))
    text = "it " + text.substr(prefix.size());
  const std::pair<std::string_view, std::string_view> words[] = {
      {"or pass --force-damaged", "or use bauta reid --force-damaged"},
      {"--force-damaged restores", "bauta reid --force-damaged restores"},
      {"pass its key or passphrase, and the picture as bauta deid wrote it",
       "paste the key that it was hidden under, and take the PNG as it was written"},
      {"pass a picture as bauta deid wrote it, and its key or passphrase",
       "take the PNG as it was written, and paste the key that it was hidden under"},
      {"name the model that it was made with by --model", "use bauta reid with --model"},
  };
  for (const auto& [program, page] : words)
    if (const auto at = text.find(program); at != text.npos) text.replace(at, program.size(), page);
  return text;
}

// Errors about the picture become what the page shows.
template <typename Work>
MadePicture telling(const Work& work) {
  try {
    return work();
  } catch (const FileError& error) {
    const std::string text = told_by_the_page(error.what());
    const auto advice = text.rfind("; ");
    if (advice == text.npos) throw Refused(422, text, "take another picture");
    throw Refused(422, text.substr(0, advice), text.substr(advice + 2));
  } catch (const OutOfMemory& error) {
    throw Refused(503, error.what(), "take a smaller picture, or start bauta serve with --device cpu");
  } catch (const std::bad_alloc&) {
    throw Refused(503, "there is not the memory for it", "take a smaller picture");
  }
}

// A report without faces yet.
MadePicture about(AnonymizationMode mode, const Image& photo) {
  MadePicture made;
  made.report = {{"mode", to_string(mode)},
                 {"picture", {{"width", photo.width}, {"height", photo.height}}},
                 {"notes", ordered_json::array()},
                 {"faces", ordered_json::array()}};
  return made;
}

std::string face_number(std::size_t i) { return "Face " + std::to_string(i + 1); }

void require_few(std::size_t faces, const PictureLimits& limits, const std::string& advice) {
  if (faces <= limits.faces) return;
  throw Refused(422,
                "it has " + counted(faces, "face") + ", more than the " + std::to_string(limits.faces) +
                    " that this page takes",
                advice);
}

// What is to be said of face i: that it did not come out as it was asked for, or is recognized. Empty:
// nothing.
std::string note_on(const CheckedFace& face, AnonymizationMode mode) {
  const bool open = mode == AnonymizationMode::Open;
  if (open && face.fallback == Fallback::Coarser)
    return "it was still recognized, so a plain mosaic of fewer blocks was written instead; it cannot be "
           "restored.";
  if (face.fallback == Fallback::PlainMosaic)
    return "the network left it recognizable, so the plain mosaic was written instead; it cannot be "
           "restored.";
  if (face.fallback == Fallback::Coarser)
    return "it was still recognized, so it has fewer blocks, of " + std::to_string(face.block) + " pixels.";
  if (face.is_recognized()) return "it is still recognized through the blocks asked for; take fewer blocks.";
  return "";
}

// What became of each face.
void report_faces(ordered_json& report, const CheckedPicture& picture) {
  for (std::size_t i = 0; i < picture.faces.size(); ++i) {
    const CheckedFace& face = picture.faces[i];
    ordered_json told = box_json(face.box);
    told["block"] = face.block;
    told["likeness"] = face.likeness ? ordered_json(rounded(*face.likeness)) : ordered_json();
    told["recognized"] = face.is_recognized();
    told["fallback"] = to_string(face.fallback);
    report["faces"].push_back(std::move(told));
    if (const std::string note = note_on(face, picture.hidden.record.mode); !note.empty())
      report["notes"].push_back(face_number(i) + ": " + note);
  }
  for (std::size_t i = 0; i < picture.hidden.codes.size(); ++i)
    if (picture.hidden.codes[i] != ResidualCode::Exact)
      report["notes"].push_back(face_number(i) +
                                ": it does not fit bit for bit, and will come back nearly as it was.");
}

// The faces of the photograph hidden.
CheckedPicture hide_faces_of(Image& photo, const std::vector<Box>& faces, const CheckedHider& hide,
                             const FaceProgress& progress) {
  try {
    return hide(photo, faces, progress);
  } catch (const NotHidden& failure) {
    throw Refused(422, failure.what(), "use bauta deid with --boxes, and give it a larger box");
  } catch (const std::invalid_argument& error) {
    if (hide.mode() != AnonymizationMode::Keyed) throw;
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
      open_blocks_(OpenHider(G_, 0).blocks()),
      identity_(open_identity_check(options.common, options.no_identity_check)) {
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
           {{"open", open_blocks_}, {"keyed", kUsualCoverBlocks}, {"one-way", kUsualCoverBlocks}}},
          {"identity_check", identity_ != nullptr},
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

HidingWay PictureWork::way(const HidingRequest& request) const {
  if (request.mode == AnonymizationMode::OneWay) return HideForGood();
  if (request.mode == AnonymizationMode::Open) return HideByNetwork{G_, 0, !options_.model.empty()};
  if (!request.key) throw Refused(400, "keyed mode needs a key", "make a new one, or paste your own");
  return HideUnderKey{SecretKey::from_bytes(request.key->bytes())};
}

MadePicture PictureWork::hidden(std::string_view picture, const HidingRequest& request,
                                const FaceProgress& progress) const {
  require_within_limits(picture);
  const bool open = request.mode == AnonymizationMode::Open;
  const CheckedHider hide(way(request), request.blocks, open ? Cover::Blocks : request.cover,
                          likeness_by(identity_.get()));
  Photograph photo = decode_photograph(kName, picture);
  const std::vector<Box> faces = finder_.find(kName, photo).faces;
  if (faces.empty())
    throw Refused(422, "no face was found in it",
                  "take a photograph in which a face can be seen from the front, or start bauta serve with a "
                  "smaller --min-face");
  require_few(faces.size(), options_.limits, "use bauta deid");

  const CheckedPicture checked = hide_faces_of(photo.image, faces, hide, progress);
  const AnonymizationRecord& record = checked.hidden.record;
  MadePicture made = about(request.mode, photo.image);
  if (request.key && request.mode == AnonymizationMode::Keyed)
    made.report["fingerprint"] = request.key->fingerprint();
  report_faces(made.report, checked);
  for (const std::size_t face : redraw_regions(photo, record))
    made.report["notes"].push_back(face_number(face) +
                                   ": its outline stays visible in the picture's transparency, which has to "
                                   "come back; one-way hides it.");
  const std::optional<int> blocks = hide.visible_blocks();
  made.report["visible"] =
      blocks ? visible_risk_line(*blocks) : "One grey covers each face: nothing of it stays visible.";
  made.png = encode_photograph(kName, photo, PictureFormat::Png, {{kRecordKeyword, to_json(record)}});
  if (!holds_photograph(made.png, photo))
    throw FileError(kName, "would not be read as it was checked", "take another picture");
  return made;
}

MadePicture PictureWork::restored(std::string_view picture, const std::optional<Opener>& key,
                                  const FaceProgress& progress) const {
  require_within_limits(picture);
  Photograph photo = decode_photograph(kName, picture);
  std::optional<AnonymizationRecord> record;
  if (const auto text = text_in_picture(kName, picture, kRecordKeyword)) record = parse_record(kName, *text);
  if (record) require_recorded_size(kName, *record, {photo.image.width, photo.image.height});
  const std::size_t regions = record ? record->regions.size() + record->keyed_regions.size() : 0;
  require_few(regions, options_.limits, "use bauta reid");

  if (!record && !key)
    throw Refused(
        422, "it has no regions to restore",
        "take the PNG as it was written, not converted or saved again, or paste the key that it was "
        "hidden under; of one with a .json file beside it use bauta reid");
  const bool by_network = record && record->mode != AnonymizationMode::Keyed;
  if (!by_network && !key)
    throw Refused(422, "it was hidden under a key", "paste that key, or load its file");
  std::vector<RestoredFace> faces;
  if (by_network) {
    if (!F_)
      throw Refused(422, "it needs a Re-ID network: " + why_no_reid_, "start bauta serve with --model");
    faces = restore_open(kName, photo.image, record, *F_, progress);
  } else {
    const auto load = [this]() -> const CodeNetworks& {
      const std::lock_guard lock(loading_);
      if (!code_networks_)
        code_networks_.emplace(make_exact_engine(options_.common), "", KeyedNetworks::For::Restoring);
      return code_networks_->code();
    };
    faces = restore_keyed(kName, photo.image, record, *key, false, {load, false}, progress);
  }

  MadePicture made = about(by_network ? AnonymizationMode::Open : AnonymizationMode::Keyed, photo.image);
  for (std::size_t i = 0; i < faces.size(); ++i) {
    made.report["faces"].push_back(box_json(faces[i].box));
    redraw(photo, {faces[i].box});
    if (faces[i].how == Restored::Not)
      made.report["notes"].push_back(face_number(i) +
                                     (by_network ? ": a plain mosaic, which holds nothing to restore."
                                                 : ": changed since it was hidden, it stays as it is."));
  }
  made.report["exact"] =
      std::ranges::all_of(faces, [](const RestoredFace& face) { return face.how == Restored::Exact; });
  if (!photo.deep.empty())
    made.report["notes"].push_back(
        "The faces come back with 8 bits a sample; what lies around them has its 16.");
  made.png = encode_photograph(kName, photo, PictureFormat::Png);
  return made;
}

}  // namespace bauta
