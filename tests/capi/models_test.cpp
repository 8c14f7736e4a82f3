// What is not there, and what messages call it.
#include "capi_helpers.h"

TEST_CASE("a model or a detector that is not there is named") {
  bauta_model_options options = BAUTA_MODEL_OPTIONS_INIT;
  bauta_model* model = nullptr;
  options.folder = "/nowhere/model";
  CHECK_FAILS(BAUTA_FILE, "/nowhere/model", bauta_model_load(&options, &model));
  options.folder = nullptr;
  options.models = "/nowhere/models";
  CHECK_FAILS(BAUTA_FILE, "/nowhere/models", bauta_model_load(&options, &model));
  options.models = nullptr;
  options.device = 3;
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "device", bauta_model_load(&options, &model));
  CHECK(model == nullptr);
  bauta_detector_options looking = BAUTA_DETECTOR_OPTIONS_INIT;
  bauta_detector* detector = nullptr;
  looking.kind = BAUTA_DETECTOR_YUNET;
  looking.models = "/nowhere/models";
  CHECK_FAILS(BAUTA_FILE, "/nowhere/models: is no folder", bauta_detector_load(&looking, &detector));
  looking.kind = BAUTA_DETECTOR_HAAR;
  CHECK_FAILS(BAUTA_FILE, "/nowhere/models: is no folder", bauta_detector_load(&looking, &detector));
  looking.models = nullptr;
  looking.cascade = "/nowhere/face.xml";
  CHECK_FAILS(BAUTA_FILE, "/nowhere/face.xml", bauta_detector_load(&looking, &detector));
  looking.score = 2;
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "score", bauta_detector_load(&looking, &detector));
  CHECK(detector == nullptr);
}

TEST_CASE("messages name what a caller of the library has, not the program's options") {
  const bauta::TemporaryFolder folder;
  const std::string empty = folder.path();
  bauta_model_options options = BAUTA_MODEL_OPTIONS_INIT;
  bauta_model* model = nullptr;
  options.models = empty.c_str();
  CHECK_FAILS(BAUTA_FILE, "as folder, or the folder of models as models", bauta_model_load(&options, &model));
  options.models = nullptr;
  options.folder = empty.c_str();
  CHECK_FAILS(BAUTA_FILE, "name the folder of a run of bauta train as folder",
              bauta_model_load(&options, &model));
  CHECK(model == nullptr);
  bauta_detector_options looking = BAUTA_DETECTOR_OPTIONS_INIT;
  bauta_detector* detector = nullptr;
  looking.cascade = "/nowhere/face.xml";
  CHECK_FAILS(BAUTA_FILE, "haarcascade_frontalface_default.xml as cascade",
              bauta_detector_load(&looking, &detector));
  // Of a face of the exact code that was changed, another that was not.
  const Key key = new_key();
  const std::vector<bauta_box> two{{20, 20, 60, 60}, {110, 30, 50, 50}};
  bauta::Image image = noise(180, 110);
  Result result;
  CHECK_OK(hide(image, keyed_options(key, two), result));
  const std::string record = bauta_result_record(result.get());
  image.at(70, 70)[0] ^= 1;
  CHECK_FAILS(BAUTA_CANNOT_OPEN, "; force_damaged restores",
              restore(image, restore_options(key), record.c_str(), result));
}

TEST_CASE("a folder of models that is named and has no YuNet does not become the Haar cascade") {
  const bauta::TemporaryFolder folder;
  const std::string models = folder.path();
  bauta_detector_options options = BAUTA_DETECTOR_OPTIONS_INIT;
  bauta_detector* detector = nullptr;
  options.models = models.c_str();
  CHECK_FAILS(BAUTA_FILE, models + ": has no YuNet", bauta_detector_load(&options, &detector));
  options.kind = BAUTA_DETECTOR_YUNET;
  CHECK_FAILS(BAUTA_FILE, "yunet.safetensors", bauta_detector_load(&options, &detector));
  options.models = "";
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "models is empty", bauta_detector_load(&options, &detector));
  CHECK(detector == nullptr);
  // Who names Haar gets it.
  options.models = models.c_str();
  options.kind = BAUTA_DETECTOR_HAAR;
  CHECK_OK(bauta_detector_load(&options, &detector));
  const Detector haar(detector);
  CHECK(bauta_detector_kind(haar.get()) == BAUTA_DETECTOR_HAAR);
}
