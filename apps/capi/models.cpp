// Models, detectors and checkers of bauta.h.
#include "apps/capi/guard.h"
#include "apps/capi/handles.h"
#include "apps/capi/keys.h"
#include "apps/capi/threads_of_call.h"
#include "io/file_error.h"
#include "kernels/cuda.h"

namespace {

using namespace bauta;
using capi::making;
using capi::options_from;
using capi::require;
using capi::text_from;

constexpr int kMostThreads = 1024;

std::unique_ptr<Engine> engine_for(const bauta_model_options& options) {
  require(options.device >= BAUTA_DEVICE_AUTO && options.device <= BAUTA_DEVICE_CUDA,
          "there is no such device; take one of BAUTA_DEVICE_...");
  require(options.threads >= 0 && options.threads <= kMostThreads, "threads must be 0 to 1024");
  const std::string problem = cuda_problem();
  if (options.device == BAUTA_DEVICE_CUDA && !problem.empty())
    throw capi::Failure(BAUTA_NO_DEVICE, problem + "; take BAUTA_DEVICE_AUTO or BAUTA_DEVICE_CPU");
  const bool card = options.device != BAUTA_DEVICE_CPU && problem.empty();
  return std::make_unique<Engine>(card ? cuda_backend() : *available_backends().front(), options.threads);
}

void require_folder(const std::string& folder, const char* field) {
  require(!folder.empty(), std::string(field) + " is empty; name a folder, or leave it out");
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    throw FileError(folder, "is no folder", std::string("name one that is there as ") + field);
}

// Who has named a folder means it: what is not there is not made up for by anything else.
std::filesystem::path models_of(const char* models) {
  if (!models) return models_folder();
  require_folder(models, "models");
  return models;
}

std::unique_ptr<bauta_model> load_model(const bauta_model_options& options) {
  const std::string folder = text_from(options.folder);
  if (options.folder) require_folder(folder, "folder");
  const std::filesystem::path models = models_of(options.models);
  const auto has = [&](const char* name) { return has_model_file(folder, name, models); };
  auto model = std::make_unique<bauta_model>();
  model->was_named = !folder.empty();
  const bool open_reid = has("reid.safetensors"), locked_reid = !open_reid && has("reid.locked");
  if (open_reid && is_keyed_model(folder, models)) {
    const auto use = has("deid.safetensors") ? KeyedNetworks::For::Hiding : KeyedNetworks::For::Restoring;
    model->code = std::make_unique<KeyedNetworks>(engine_for(options), folder, use, models);
    model->why_no_reid = "it is a pair of the keyed channel, which needs a key";
    return model;
  }
  // Whoever restores need not have the De-ID network; without either the message is about that.
  if (has("deid.safetensors") || !(open_reid || locked_reid))
    model->deid = std::make_unique<OpenedNetwork>(
        engine_for(options), model_file(folder, "deid.safetensors", models), GeneratorRole::DeId);
  if (!open_reid && !(locked_reid && options.key)) {
    model->why_no_reid = locked_reid ? "its Re-ID network is locked; load it with its key"
                                     : "it has no Re-ID network; load the folder of the pair";
    return model;
  }
  const AskOpener ask = [&](const std::filesystem::path&) { return capi::opener_of(options.key); };
  model->reid = std::make_unique<OpenedNetwork>(engine_for(options), network_file(folder, "reid", models),
                                                GeneratorRole::ReId, ask);
  return model;
}

std::unique_ptr<bauta_detector> load_detector(const bauta_detector_options& options) {
  constexpr const char* kNames[] = {"", "yunet", "haar"};
  constexpr int kLeastFace = 10, kMostFace = 10'000;
  require(options.kind >= BAUTA_DETECTOR_AUTO && options.kind <= BAUTA_DETECTOR_HAAR,
          "there is no such detector; take one of BAUTA_DETECTOR_...");
  require(options.smallest == 0 || (options.smallest >= kLeastFace && options.smallest <= kMostFace),
          "smallest must be 0, or 10 to 10,000");
  require(options.score == 0 || (options.score >= 0.01f && options.score <= 1),
          "score must be 0, or 0.01 to 1");
  require(options.threads >= 0 && options.threads <= kMostThreads, "threads must be 0 to 1024");
  require(options.kind != BAUTA_DETECTOR_YUNET || !options.cascade, "a cascade is for BAUTA_DETECTOR_HAAR");
  FaceSearchOptions search;
  search.detector = kNames[options.kind];
  search.cascade = text_from(options.cascade);
  search.models = models_of(options.models);
  const bool named = options.kind != BAUTA_DETECTOR_AUTO || !search.cascade.empty();
  if (options.models && !named && !found_fetched_network("yunet", search.models))
    throw FileError(
        search.models, "has no YuNet (fetched/yunet.safetensors)",
        "name a folder of models that has it, or take the kind of detector that needs none, Haar, "
        "which knows faces from the front alone");
  if (options.smallest > 0) search.smallest = options.smallest;
  if (options.score > 0) search.score = options.score;
  return std::unique_ptr<bauta_detector>(new bauta_detector{FaceSearch(std::move(search)), options.threads});
}

std::unique_ptr<bauta_checker> load_checker(const bauta_checker_options& options) {
  require(options.threads >= 0 && options.threads <= kMostThreads, "threads must be 0 to 1024");
  const capi::ThreadsOfCall threads(options.threads);
  auto checker = std::make_unique<bauta_checker>();
  checker->identity = std::make_unique<IdentityCheck>(nullptr, models_of(options.models));
  checker->threads = options.threads;
  return checker;
}

}  // namespace

bauta_status bauta_model_load(const bauta_model_options* options, bauta_model** model) noexcept {
  return making<bauta_model>(__func__, model, [&] { return load_model(options_from(options)); });
}

int32_t bauta_model_can_deidentify(const bauta_model* model) noexcept {
  return model && (model->deid || (model->code && model->code->code().write));
}
int32_t bauta_model_can_restore(const bauta_model* model) noexcept {
  return model && (model->reid || model->code);
}
void bauta_model_free(bauta_model* model) noexcept { delete model; }

bauta_status bauta_detector_load(const bauta_detector_options* options, bauta_detector** detector) noexcept {
  return making<bauta_detector>(__func__, detector, [&] { return load_detector(options_from(options)); });
}

int32_t bauta_detector_kind(const bauta_detector* detector) noexcept {
  if (!detector) return 0;
  return detector->search.detector() == "yunet" ? BAUTA_DETECTOR_YUNET : BAUTA_DETECTOR_HAAR;
}

void bauta_detector_free(bauta_detector* detector) noexcept { delete detector; }

bauta_status bauta_checker_load(const bauta_checker_options* options, bauta_checker** checker) noexcept {
  return making<bauta_checker>(__func__, checker, [&] { return load_checker(options_from(options)); });
}

int32_t bauta_checker_is_available(const bauta_checker_options* options) noexcept {
  bool available = false;
  capi::guarded(__func__,
                [&] { available = IdentityCheck::is_available(models_of(options_from(options).models)); });
  return available;
}

void bauta_checker_free(bauta_checker* checker) noexcept { delete checker; }
