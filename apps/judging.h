// What evaluate and attack share: the model that is judged, the identity networks that judge, and the facts
// that a report states.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/command.h"
#include "apps/key_options.h"
#include "cyclegan/evaluation/method.h"
#include "cyclegan/evaluation/recognition.h"
#include "cyclegan/faces/face_detector.h"
#include "cyclegan/faces/facenet.h"
#include "cyclegan/faces/sface.h"
#include "cyclegan/networks/weight_file.h"

namespace bauta {

// The pair in a model's folder; no Re-ID network where there is none, or where it is locked and no key was
// given. Throws FileError.
struct JudgedModel {
  JudgedModel(Engine& engine, const std::string& model, const KeyOptions& key = {});

  std::filesystem::path deid_path;
  LoadedGenerator deid;
  std::optional<LoadedGenerator> reid;
  bool reid_is_locked = false;
};

// The model as what is judged: the pair as such, or, of the keyed channel, under a key that nobody has kept,
// with so many visible blocks. `model` must outlive it. Throws FileError for a keyed pair without Re-ID
// network.
std::unique_ptr<Method> judged_method(Engine& engine, const JudgedModel& model, int blocks);

// The identity networks that are here; to `notes` what is missing.
struct Judges {
  Judges(Engine& engine, std::vector<std::string>& notes);

  std::optional<FaceDetector> locate;
  std::optional<FaceNet> facenet;
  std::optional<SFace> sface;
  std::vector<Opinion> opinions;
};

// make_baseline for a name on the command line. Throws CLI::ValidationError for one that is none.
std::unique_ptr<Method> baseline_called(Engine& engine, const std::string& name);

// Versions, what was computed on, and where the model (nothing: there is none) and the networks that judge
// come from.
std::vector<std::pair<std::string, std::string>> facts_of_report(const CommonOptions& common,
                                                                 const Engine& engine,
                                                                 const std::string& model, int size,
                                                                 const JudgedModel* networks);

}  // namespace bauta
