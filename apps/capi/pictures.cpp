// Finding, hiding and restoring faces: the calls of bauta.h on pictures.
#include "apps/capi/guard.h"
#include "apps/capi/handles.h"
#include "apps/capi/keys.h"
#include "apps/capi/pixels.h"
#include "apps/capi/threads_of_call.h"
#include "cyclegan/anonymizer/restoring.h"

namespace {

using namespace bauta;
using capi::options_from;
using capi::require;

FaceProgress progress_of(bauta_progress function, void* user) {
  if (!function) return {};
  return [function, user](std::size_t done, std::size_t of) {
    if (function(user, done, of) != 0) throw capi::Failure(BAUTA_CANCELLED, "cancelled by the caller");
  };
}

bauta_region region_at(const Box& box) {
  bauta_region region = BAUTA_REGION_INIT;
  region.box = {box.x, box.y, box.width, box.height};
  return region;
}

std::vector<FaceSearch::Face> find(const bauta_detector& detector, const Image& photo) {
  const capi::ThreadsOfCall threads(detector.threads);
  return detector.search(photo);
}

// ---- de-identifying

std::vector<Box> own_boxes(const bauta_deid_options& options, const Image& photo) {
  constexpr int32_t kFarthest = 1 << 29;  // so that sums of two stay whole numbers
  std::vector<Box> boxes;
  for (std::size_t i = 0; i < options.box_count; ++i) {
    const auto [x, y, width, height] = options.boxes[i];
    require(width > 0 && height > 0 && width < kFarthest && height < kFarthest && x > -kFarthest &&
                x < kFarthest && y > -kFarthest && y < kFarthest,
            "box " + std::to_string(i + 1) + " has no width or height, or lies too far away");
    const Box box{x, y, width, height};
    if (is_visible(box, photo)) boxes.push_back(box);
  }
  return boxes;
}

std::vector<Box> faces_of(const bauta_detector* detector, const bauta_deid_options& options,
                          const Image& photo) {
  require(options.boxes || options.box_count == 0, "there are no boxes, but a count of them");
  require(options.boxes || detector, "there is neither a detector nor a list of boxes");
  if (options.boxes) return own_boxes(options, photo);
  std::vector<Box> boxes;
  for (const FaceSearch::Face& face : find(*detector, photo)) boxes.push_back(face.box);
  return boxes;
}

const char* why_no_face(const bauta_deid_options& options) {
  if (!options.boxes) return "no face was found; look for smaller or less sure ones, or pass boxes";
  if (options.box_count == 0)
    return "the list of boxes is empty; put one into it, or leave it out and pass a detector";
  return "none of the boxes lies in the picture; they are pixels from its upper left corner";
}

int32_t written_of(Fallback fallback) {
  switch (fallback) {
    case Fallback::PlainMosaic:
      return BAUTA_PLAIN_MOSAIC;
    case Fallback::Coarser:
      return BAUTA_COARSER;
    case Fallback::None:
      break;
  }
  return BAUTA_AS_ASKED;
}

int32_t identity_of(const CheckedFace& face, bool checked) {
  if (!checked) return BAUTA_IDENTITY_UNCHECKED;
  if (!face.likeness) return BAUTA_IDENTITY_NOT_COMPARED;
  return face.is_recognized() ? BAUTA_IDENTITY_RECOGNIZED : BAUTA_IDENTITY_NOT_RECOGNIZED;
}

// Of the face's region, `i` of the record's.
int32_t fidelity_of(const KeyedPicture& hidden, std::size_t i) {
  if (hidden.record.mode == AnonymizationMode::Keyed)
    return hidden.codes[i] == ResidualCode::Exact ? BAUTA_EXACTLY : BAUTA_NEARLY;
  return hidden.record.regions[i].restorable ? BAUTA_NEARLY : BAUTA_NOT_AT_ALL;
}

std::unique_ptr<bauta_result> result_of(const CheckedPicture& picture, bool checked) {
  const AnonymizationRecord& record = picture.hidden.record;
  const bool keyed = record.mode == AnonymizationMode::Keyed;
  auto result = std::make_unique<bauta_result>();
  for (std::size_t i = 0; i < picture.faces.size(); ++i) {
    const CheckedFace& face = picture.faces[i];
    bauta_region region = region_at(face.box);
    region.block = face.block;
    region.k = keyed ? record.keyed_regions[i].k : record.regions[i].k;
    region.fidelity = fidelity_of(picture.hidden, i);
    region.written = written_of(face.fallback);
    region.identity = identity_of(face, checked);
    region.likeness = static_cast<float>(face.likeness.value_or(0));
    result->regions.push_back(region);
  }
  result->record = to_json(record);
  return result;
}

void check_options(const bauta_deid_options& options) {
  constexpr int kMostBlocks = 1000;
  require(options.mode >= BAUTA_OPEN && options.mode <= BAUTA_KEYED,
          "mode is not set; take BAUTA_OPEN, BAUTA_ONE_WAY or BAUTA_KEYED");
  require(options.blocks >= 0 && options.blocks <= kMostBlocks, "blocks must be 0 to 1000");
  require(options.cover == BAUTA_COVER_BLOCKS || options.cover == BAUTA_COVER_FILL, "there is no such cover");
  require(options.code >= BAUTA_CODE_EXACT && options.code <= BAUTA_CODE_NETWORK, "there is no such code");
  require(options.residual_levels >= 0 && options.residual_levels <= kLargestResidual,
          "residual_levels must be 0 to 31");
  const bool keyed = options.mode == BAUTA_KEYED;
  require(options.mode != BAUTA_OPEN || options.cover == BAUTA_COVER_BLOCKS,
          "cover is for BAUTA_ONE_WAY and BAUTA_KEYED");
  require(keyed || (!options.key && options.recipient_count == 0 && options.code == 0 &&
                    options.residual_levels == 0),
          "key, recipients, code and residual_levels are for BAUTA_KEYED");
}

HideUnderKey under_key(const bauta_model* model, const bauta_deid_options& options) {
  constexpr ResidualCode kCodes[] = {ResidualCode::Exact, ResidualCode::Companded, ResidualCode::Network};
  HideUnderKey hiding;
  hiding.code = kCodes[options.code];
  hiding.residual_levels = options.residual_levels;
  if (hiding.code == ResidualCode::Network) {
    require(model && model->code && model->code->code().write,
            "BAUTA_CODE_NETWORK needs a model of the keyed channel, with its De-ID network");
    hiding.networks = &model->code->code();
  }
  hiding.recipients = capi::recipients_of(options.recipients, options.recipient_count);
  hiding.closer = capi::closer_of(options.key, !hiding.recipients.empty());
  return hiding;
}

HideByNetwork by_network(const bauta_model* model) {
  require(model != nullptr, "BAUTA_OPEN needs a model");
  require(model->deid != nullptr,
          "the model has no De-ID network for open pictures; load the folder of such a pair");
  return {*model->deid, 0, model->was_named};
}

// What is done to a picture, checked before anything is looked for in it.
CheckedHider hider_of(const bauta_model* model, const bauta_deid_options& options) {
  check_options(options);
  const Cover cover = options.cover == BAUTA_COVER_FILL ? Cover::Fill : Cover::Blocks;
  const IdentityCheck* identity = options.checker ? options.checker->identity.get() : nullptr;
  const auto hider = [&](HidingWay way) {
    return CheckedHider(std::move(way), options.blocks, cover, likeness_by(identity));
  };
  if (options.mode == BAUTA_OPEN) return hider(by_network(model));
  return options.mode == BAUTA_ONE_WAY ? hider(HideForGood()) : hider(under_key(model, options));
}

// ---- restoring

constexpr const char* kPicture = "picture";

std::optional<AnonymizationRecord> record_from(const char* text, const Image& photo) {
  if (!text) return {};
  try {
    AnonymizationRecord record = parse_record("record", text);
    require_recorded_size(kPicture, record, {photo.width, photo.height});
    return record;
  } catch (const FileError& error) {
    throw capi::Failure(BAUTA_NOT_RESTORABLE, error.what());
  }
}

std::vector<RestoredFace> restore(const bauta_model* model, const bauta_restore_options& options,
                                  const std::optional<AnonymizationRecord>& record, Image& photo) {
  const FaceProgress progress = progress_of(options.progress, options.user);
  if (record ? record->mode == AnonymizationMode::Keyed : options.key != nullptr) {
    require(options.key != nullptr, "the picture is keyed, and there is no key");
    NetworksOfCode networks;
    if (model && model->code) {
      networks.load = [model]() -> const CodeNetworks& { return model->code->code(); };
      networks.named = true;
    }
    return restore_keyed(kPicture, photo, record, capi::opener_of(options.key), options.force_damaged != 0,
                         networks, progress);
  }
  require(!options.key, "the picture was hidden without a key; leave the key out");
  require(record.has_value(), "there is neither a record nor a key");
  if (record->mode == AnonymizationMode::OneWay)
    throw capi::Failure(BAUTA_NOT_RESTORABLE, "the picture was de-identified one-way; use the original");
  require(model != nullptr, "the picture is open, and there is no model");
  require(model->reid != nullptr, "the model cannot restore: " + model->why_no_reid);
  return restore_open(kPicture, photo, record, *model->reid, progress);
}

int32_t fidelity_of(Restored restored) {
  switch (restored) {
    case Restored::Exact:
      return BAUTA_EXACTLY;
    case Restored::Nearly:
      return BAUTA_NEARLY;
    case Restored::Damaged:
      return BAUTA_DAMAGED;
    case Restored::Not:
      break;
  }
  return BAUTA_NOT_AT_ALL;
}

std::unique_ptr<bauta_result> result_of(const std::vector<RestoredFace>& faces, int32_t mode) {
  auto result = std::make_unique<bauta_result>();
  result->mode = mode;
  for (const RestoredFace& face : faces) {
    bauta_region region = region_at(face.box);
    region.block = face.block;
    region.k = face.k;
    region.fidelity = fidelity_of(face.how);
    result->regions.push_back(region);
  }
  return result;
}

// Reads, works on a copy, writes.
bauta_status translate(const char* function, const bauta_picture* picture, uint8_t* out,
                       std::size_t out_stride, bauta_result** result,
                       const std::function<std::unique_ptr<bauta_result>(Image&)>& work) noexcept {
  if (result) *result = nullptr;
  return capi::guarded(function, [&] {
    const capi::Target target = capi::checked_target(picture, out, out_stride);
    Image photo = capi::image_of(*picture);
    std::unique_ptr<bauta_result> made = work(photo);
    capi::write_rows(photo, target);
    if (result) *result = made.release();
  });
}

}  // namespace

bauta_status bauta_find_faces(const bauta_detector* detector, const bauta_picture* picture,
                              bauta_result** result) noexcept {
  return capi::making<bauta_result>(__func__, result, [&] {
    require(detector != nullptr, "there is no detector");
    capi::check_picture(picture);
    auto found = std::make_unique<bauta_result>();
    for (const auto& face : find(*detector, capi::image_of(*picture))) {
      bauta_region region = region_at(face.box);
      region.score = face.score;
      found->regions.push_back(region);
    }
    return found;
  });
}

bauta_status bauta_deidentify(const bauta_model* model, const bauta_detector* detector,
                              const bauta_deid_options* options, const bauta_picture* picture, uint8_t* out,
                              size_t out_stride, bauta_result** result) noexcept {
  return translate(__func__, picture, out, out_stride, result, [&](Image& photo) {
    const bauta_deid_options known = options_from(options);
    const CheckedHider hide = hider_of(model, known);
    const std::vector<Box> faces = faces_of(detector, known, photo);
    if (faces.empty()) throw capi::Failure(BAUTA_NO_FACE, why_no_face(known));
    const capi::ThreadsOfCall threads(known.checker ? known.checker->threads : omp_get_max_threads());
    try {
      auto made =
          result_of(hide(photo, faces, progress_of(known.progress, known.user)), known.checker != nullptr);
      made->mode = known.mode;
      return made;
    } catch (const NotHidden& failure) {
      throw capi::Failure(BAUTA_NOT_HIDDEN,
                          std::string(failure.what()) + "; pass boxes of your own, larger ones");
    }
  });
}

bauta_status bauta_restore(const bauta_model* model, const bauta_restore_options* options,
                           const bauta_picture* picture, const char* record, uint8_t* out, size_t out_stride,
                           bauta_result** result) noexcept {
  return translate(__func__, picture, out, out_stride, result, [&](Image& photo) {
    const bauta_restore_options known = options_from(options);
    const auto read = record_from(record, photo);
    const auto faces = restore(model, known, read, photo);
    return result_of(faces, read && read->mode == AnonymizationMode::Open ? BAUTA_OPEN : BAUTA_KEYED);
  });
}
