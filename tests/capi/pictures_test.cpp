// Pictures hidden and restored through bauta.h.
#include <atomic>
#include <thread>

#include "capi_helpers.h"
#include "io/locked_file.h"
#include "io/secret_key.h"

namespace {

const std::vector<bauta_box> kTwo{{20, 20, 60, 60}, {110, 30, 50, 50}};

}  // namespace

TEST_CASE("keyed pictures come back bit for bit, through strides and in place") {
  const bauta::Image original = noise(180, 110);
  const Key key = new_key(), other = new_key();
  Padded in(original, 5), hidden(bauta::blank_image(180, 110), 40), back(bauta::blank_image(180, 110), 1);
  const bauta_deid_options options = keyed_options(key, kTwo);
  const bauta_picture picture = in.view();
  bauta_result* made = nullptr;
  CHECK_OK(bauta_deidentify(nullptr, nullptr, &options, &picture, hidden.bytes.data(), hidden.stride, &made));
  Result result(made);
  CHECK(in.image() == original);
  CHECK(hidden.image() != original);
  CHECK(bauta_result_mode(result.get()) == BAUTA_KEYED);
  REQUIRE(bauta_result_count(result.get()) == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const bauta_region region = region_of(result, i);
    CHECK(std::memcmp(&region.box, &kTwo[i], sizeof(bauta_box)) == 0);
    CHECK(region.fidelity == BAUTA_EXACTLY);
    CHECK(region.block >= 12);
    CHECK(region.k >= 7);
  }
  const std::string record = bauta_result_record(result.get());
  CHECK(record.find("\"keyed\"") != std::string::npos);

  const bauta_picture masked = hidden.view();
  const bauta::Image before = hidden.image();
  for (const bool with_record : {true, false}) {
    const bauta_restore_options wrong = restore_options(other), right = restore_options(key);
    const char* text = with_record ? record.c_str() : nullptr;
    const auto into_back = [&](const bauta_restore_options& asked) {
      return bauta_restore(nullptr, &asked, &masked, text, back.bytes.data(), back.stride, &made);
    };
    CHECK_FAILS(BAUTA_CANNOT_OPEN, "key", into_back(wrong));
    CHECK(made == nullptr);
    CHECK(back.image() == bauta::blank_image(180, 110));
    CHECK_OK(into_back(right));
    result.reset(made);
    CHECK(back.image() == original);
    REQUIRE(bauta_result_count(result.get()) == 2);
    CHECK(region_of(result, 0).fidelity == BAUTA_EXACTLY);
    CHECK(region_of(result, 0).box.width == 60);
    back = Padded(bauta::blank_image(180, 110), 1);
  }
  const bauta_restore_options right = restore_options(key);
  CHECK_OK(
      bauta_restore(nullptr, &right, &masked, record.c_str(), hidden.bytes.data(), hidden.stride, nullptr));
  CHECK(hidden.image() == original);
  CHECK(in.padding_untouched());
  CHECK(hidden.padding_untouched());
  CHECK(back.padding_untouched());
}

TEST_CASE("a keyed picture that was changed is refused, or restored as far as it goes") {
  const bauta::Image original = noise(180, 110);
  const Key key = new_key();
  bauta_deid_options options = keyed_options(key, kTwo);
  options.code = BAUTA_CODE_COMPANDED;
  bauta::Image image = original;
  Result result;
  CHECK_OK(hide(image, options, result));
  CHECK(region_of(result, 0).fidelity == BAUTA_NEARLY);
  const std::string record = bauta_result_record(result.get());
  image.at(70, 70)[0] ^= 1;
  const bauta::Image changed = image;
  bauta_restore_options restoring = restore_options(key);
  CHECK_FAILS(BAUTA_CANNOT_OPEN, "changed", restore(image, restoring, record.c_str(), result));
  CHECK_FAILS(BAUTA_CANNOT_OPEN, ", or set force_damaged", restore(image, restoring, record.c_str(), result));
  CHECK(image == changed);
  restoring.force_damaged = 1;
  CHECK_OK(restore(image, restoring, record.c_str(), result));
  CHECK(region_of(result, 0).fidelity == BAUTA_DAMAGED);
  CHECK(region_of(result, 1).fidelity == BAUTA_NEARLY);
}

TEST_CASE("one-way pictures tell where their faces were and do not come back") {
  for (const int32_t cover : {BAUTA_COVER_BLOCKS, BAUTA_COVER_FILL}) {
    bauta::Image image = noise(180, 110);
    bauta_deid_options options = deid_options(BAUTA_ONE_WAY, kTwo);
    options.cover = cover;
    Result result;
    CHECK_OK(hide(image, options, result));
    REQUIRE(bauta_result_count(result.get()) == 2);
    CHECK(region_of(result, 1).fidelity == BAUTA_NOT_AT_ALL);
    CHECK(region_of(result, 0).block == (cover == BAUTA_COVER_FILL ? 60 : 15));
    CHECK(std::memcmp(image.at(20, 20), image.at(21, 21), 3) == 0);
    const std::string record = bauta_result_record(result.get());
    CHECK_FAILS(BAUTA_NOT_RESTORABLE, "one-way",
                restore(image, BAUTA_RESTORE_OPTIONS_INIT, record.c_str(), result));
  }
}

TEST_CASE("pictures of a pixel or a row are hidden or refused") {
  const Key key = new_key();
  const Model model = default_model();
  for (const auto& [width, height] : {std::pair{1, 1}, {300, 1}, {1, 300}, {3, 2}}) {
    CAPTURE(width);
    const bauta::Image original = noise(width, height);
    const std::vector<bauta_box> all{{0, 0, width, height}};
    for (const int32_t mode : {BAUTA_OPEN, BAUTA_ONE_WAY, BAUTA_KEYED}) {
      CAPTURE(mode);
      bauta_deid_options options = deid_options(mode, all);
      if (mode == BAUTA_KEYED) options.key = key.get();
      bauta::Image image = original;
      Result result;
      const bauta_status status = hide(image, options, result, model.get());
      if (status != BAUTA_OK) {
        CHECK_MESSAGE((mode == BAUTA_KEYED && status == BAUTA_INVALID_ARGUMENT),
                      std::string(bauta_last_error()));
        CHECK(image == original);
      } else {
        CHECK(bauta_result_count(result.get()) == 1);
      }
    }
    for (const int32_t kind : {BAUTA_DETECTOR_AUTO, BAUTA_DETECTOR_HAAR}) {
      bauta_detector_options options = BAUTA_DETECTOR_OPTIONS_INIT;
      options.kind = kind;
      bauta_detector* detector = nullptr;
      CHECK_OK(bauta_detector_load(&options, &detector));
      const bauta_picture picture = view(original);
      bauta_result* made = nullptr;
      CHECK_OK(bauta_find_faces(detector, &picture, &made));
      CHECK(bauta_result_count(made) == 0);
      bauta_result_free(made);
      bauta_detector_free(detector);
    }
  }
}

TEST_CASE("records are read as hostile") {
  bauta::Image image = noise(100, 90);
  Result result;
  const Key key = new_key();
  for (const char* record :
       {"", "{", "[]", "{\"version\": 1, \"mode\": \"keyed\"}",
        "{\"version\": 1, \"mode\": \"keyed\", \"picture\": {\"width\": 7, \"height\": 7}, "
        "\"regions\": []}"})
    CHECK(restore(image, restore_options(key), record, result) == BAUTA_NOT_RESTORABLE);
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "neither", restore(image, BAUTA_RESTORE_OPTIONS_INIT, nullptr, result));
}

TEST_CASE("the default model hides the face that a detector finds, and restores it nearly") {
  const bauta::Image original = portrait();
  const Model model = default_model();
  CHECK(bauta_model_can_deidentify(model.get()) == 1);
  CHECK(bauta_model_can_restore(model.get()) == 1);
  bauta_detector* found = nullptr;
  CHECK_OK(bauta_detector_load(nullptr, &found));
  const Detector detector(found);
  const bauta_picture picture = view(original);
  bauta_result* made = nullptr;
  CHECK_OK(bauta_find_faces(detector.get(), &picture, &made));
  Result result(made);
  REQUIRE(bauta_result_count(result.get()) == 1);
  const bauta_region face = region_of(result, 0);
  if (bauta_detector_kind(detector.get()) == BAUTA_DETECTOR_YUNET) CHECK(face.score > 0.6f);

  bauta_deid_options options = BAUTA_DEID_OPTIONS_INIT;
  options.mode = BAUTA_OPEN;
  bauta::Image image = original;
  CHECK_OK(bauta_deidentify(model.get(), detector.get(), &options, &picture, image.pixels.data(), 0, &made));
  result.reset(made);
  REQUIRE(bauta_result_count(result.get()) == 1);
  const bauta_region hidden = region_of(result, 0);
  CHECK(hidden.fidelity == BAUTA_NEARLY);
  CHECK(hidden.box.x < face.box.x + face.box.width / 2);
  const bauta::Image masked = image;
  const std::string record = bauta_result_record(result.get());
  CHECK_OK(restore(image, BAUTA_RESTORE_OPTIONS_INIT, record.c_str(), result, model.get()));
  CHECK(region_of(result, 0).fidelity == BAUTA_NEARLY);
  const auto difference = [&](const bauta::Image& other) {
    double sum = 0;
    for (std::size_t i = 0; i < original.pixels.size(); ++i)
      sum += std::abs(int{original.pixels[i]} - int{other.pixels[i]});
    return sum / static_cast<double>(original.pixels.size());
  };
  CHECK(difference(masked) > 1);
  CHECK(difference(image) < difference(masked) / 2);
  const Key key = new_key();
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "without a key",
              restore(image, restore_options(key), record.c_str(), result, model.get()));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "no model",
              restore(image, BAUTA_RESTORE_OPTIONS_INIT, record.c_str(), result));

  const bauta::Image blank = bauta::blank_image(200, 200);
  const bauta_picture nothing = view(blank);
  CHECK_OK(bauta_find_faces(detector.get(), &nothing, &made));
  result.reset(made);
  CHECK(bauta_result_count(result.get()) == 0);
  CHECK_FAILS(
      BAUTA_NO_FACE, "no face",
      bauta_deidentify(model.get(), detector.get(), &options, &nothing, image.pixels.data(), 0, &made));
}

TEST_CASE("a Re-ID network under a key: left alone, refused, opened") {
  const bauta::TemporaryFolder folder;
  const std::filesystem::path own = folder.path() / "model", models = BAUTA_SOURCE_DIR "/models/face-128";
  std::filesystem::create_directory(own);
  std::filesystem::copy(models / "deid.safetensors", own);
  const Key key = new_key(), other = new_key();
  const std::string key_path = folder.path() / "my.key";
  CHECK_OK(bauta_key_write_file(key.get(), key_path.c_str(), 0));
  bauta::Closers closers;
  closers.keys.push_back(bauta::read_key_file(key_path));
  bauta::lock_file(models / "reid.safetensors", own / "reid.locked", closers);

  const std::vector<bauta_box> box{{90, 60, 120, 120}};
  bauta::Image image = portrait();
  Result result;
  const Model without = default_model(nullptr, own.c_str());
  CHECK(bauta_model_can_restore(without.get()) == 0);
  CHECK_OK(hide(image, deid_options(BAUTA_OPEN, box), result, without.get()));
  const std::string record = bauta_result_record(result.get());
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "locked",
              restore(image, BAUTA_RESTORE_OPTIONS_INIT, record.c_str(), result, without.get()));
  bauta_model_options options = BAUTA_MODEL_OPTIONS_INIT;
  options.folder = own.c_str();
  options.key = other.get();
  bauta_model* wrong = nullptr;
  CHECK_FAILS(BAUTA_CANNOT_OPEN, "reid.locked", bauta_model_load(&options, &wrong));
  CHECK(wrong == nullptr);
  const Model opened = default_model(key.get(), own.c_str()), open = default_model();
  bauta::Image same = image;
  CHECK_OK(restore(image, BAUTA_RESTORE_OPTIONS_INIT, record.c_str(), result, opened.get()));
  CHECK_OK(restore(same, BAUTA_RESTORE_OPTIONS_INIT, record.c_str(), result, open.get()));
  CHECK(image == same);
}

TEST_CASE("a progress function sees each face and can end the work") {
  const bauta::Image original = portrait();
  const std::vector<bauta_box> boxes{{90, 60, 100, 100}, {200, 200, 80, 80}};
  const Model model = default_model();
  const Key key = new_key();
  for (const int32_t mode : {BAUTA_OPEN, BAUTA_KEYED}) {
    bauta_deid_options options = deid_options(mode, boxes);
    if (mode == BAUTA_KEYED) options.key = key.get();
    Cancelling cancelling{1}, going_on{99};
    options.progress = Cancelling::call;
    options.user = &cancelling;
    bauta::Image image = original;
    Result result;
    CHECK_FAILS(BAUTA_CANCELLED, "cancelled", hide(image, options, result, model.get()));
    CHECK(!result);
    CHECK(image == original);
    options.user = &going_on;
    CHECK_OK(hide(image, options, result, model.get()));
    CHECK(going_on.seen == decltype(going_on.seen){{0, 2}, {1, 2}, {2, 2}});

    const std::string record = bauta_result_record(result.get());
    const bauta::Image hidden = image;
    bauta_restore_options restoring = BAUTA_RESTORE_OPTIONS_INIT;
    if (mode == BAUTA_KEYED) restoring.key = key.get();
    restoring.progress = Cancelling::call;
    cancelling.after = 0;
    restoring.user = &cancelling;
    CHECK_FAILS(BAUTA_CANCELLED, "cancelled", restore(image, restoring, record.c_str(), result, model.get()));
    CHECK(image == hidden);
    going_on.seen.clear();
    restoring.user = &going_on;
    CHECK_OK(restore(image, restoring, record.c_str(), result, model.get()));
    CHECK(going_on.seen == decltype(going_on.seen){{0, 2}, {1, 2}, {2, 2}});
  }
}

TEST_CASE("threads share a model, a detector and a key, and messages are a thread's own") {
  const bauta::Image original = portrait();
  const bauta_picture picture = view(original);
  const Model model = default_model();
  bauta_detector* found = nullptr;
  CHECK_OK(bauta_detector_load(nullptr, &found));
  const Detector detector(found);
  bauta_deid_options options = BAUTA_DEID_OPTIONS_INIT;
  options.mode = BAUTA_OPEN;
  const auto there_and_back = [&](bauta::Image& hidden, bauta::Image& back) {
    bauta_result* made = nullptr;
    hidden = back = original;
    if (bauta_deidentify(model.get(), detector.get(), &options, &picture, hidden.pixels.data(), 0, &made))
      return false;
    const Result result(made);
    const bauta_picture masked = view(hidden);
    return bauta_restore(model.get(), nullptr, &masked, bauta_result_record(result.get()), back.pixels.data(),
                         0, nullptr) == BAUTA_OK;
  };
  bauta::Image hidden, back;
  REQUIRE(there_and_back(hidden, back));
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  CHECK(bauta_key_from_text(nullptr, &*std::make_unique<bauta_key*>()) == BAUTA_INVALID_ARGUMENT);
  const std::string mine = bauta_last_error();
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      bauta::Image own_hidden, own_back;
      const std::string at_first = bauta_last_error();
      const bool same = there_and_back(own_hidden, own_back) && own_hidden == hidden && own_back == back;
      const bool fails = bauta_find_faces(nullptr, nullptr, nullptr) == BAUTA_INVALID_ARGUMENT;
      if (at_first.empty() && same && fails && bauta_last_error() != mine) ++right;
    });
  for (auto& thread : threads) thread.join();
  CHECK(right == 4);
  CHECK(bauta_last_error() == mine);
}

TEST_CASE("many calls take no more memory than few") {
  const Key key = new_key();
  const bauta::Image original = noise(180, 110);
  const std::vector<bauta_box> box{{90, 60, 120, 120}};
  const bauta::Image photo = portrait();
  const Model model = default_model();
  const auto calls = [&](int count) {
    for (int i = 0; i < count; ++i) {
      bauta::Image image = original, open = photo;
      Result result;
      REQUIRE(hide(image, keyed_options(key, kTwo), result) == BAUTA_OK);
      const std::string record = bauta_result_record(result.get());
      REQUIRE(restore(image, restore_options(new_key()), record.c_str(), result) == BAUTA_CANNOT_OPEN);
      REQUIRE(restore(image, restore_options(key), record.c_str(), result) == BAUTA_OK);
      if (i % 16 == 0) REQUIRE(hide(open, deid_options(BAUTA_OPEN, box), result, model.get()) == BAUTA_OK);
    }
  };
#ifdef __SANITIZE_ADDRESS__
  calls(20);  // what leaks, it says itself
#else
  calls(100);
  const std::size_t before = resident_bytes();
  calls(400);
  const std::size_t after = resident_bytes();
  CHECK(after < before + (2 << 20));  // a picture that was kept each time would be 24 MB
#endif
}
