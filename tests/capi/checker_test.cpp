// Whether faces are still recognized, as bauta.h tells it.
#include <atomic>
#include <fstream>
#include <iostream>
#include <iterator>
#include <thread>

#include "capi_helpers.h"

namespace {

// Where the face of the portrait is, as YuNet boxes it; and where none is.
const std::vector<bauta_box> kFace{{105, 39, 71, 71}}, kNoFace{{260, 10, 40, 40}};

bool is_here() {
  if (bauta_checker_is_available(nullptr)) return true;
  std::cout << "SKIP: YuNet or SFace is not here; run scripts/fetch_networks\n";
  return false;
}

Checker load_checker(int32_t threads = 0) {
  bauta_checker_options options = BAUTA_CHECKER_OPTIONS_INIT;
  options.threads = threads;
  bauta_checker* checker = nullptr;
  CHECK_OK(bauta_checker_load(&options, &checker));
  return Checker(checker);
}

// The default De-ID network as if it had been taught 40 blocks, through which everybody is recognized.
void write_fine_network(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::ifstream file(BAUTA_SOURCE_DIR "/models/face-128/deid.safetensors", std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  const std::string taught = "\"mosaic_blocks\":\"10\"";
  const auto at = bytes.find(taught);
  REQUIRE(at != bytes.npos);
  bytes[at + taught.size() - 3] = '4';
  std::ofstream(folder / "deid.safetensors", std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("a checker that is not there, or asked for in vain, is named") {
  bauta_checker_options options = BAUTA_CHECKER_OPTIONS_INIT;
  bauta_checker* checker = nullptr;
  options.models = "/nowhere/models";
  CHECK(bauta_checker_is_available(&options) == 0);
  CHECK_FAILS(BAUTA_FILE, "/nowhere/models", bauta_checker_load(&options, &checker));
  CHECK(checker == nullptr);
  options.models = nullptr;
  options.threads = -1;
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "threads", bauta_checker_load(&options, &checker));
  options.threads = 0;
  options.struct_size = 0;
  CHECK(bauta_checker_is_available(&options) == 0);
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "struct_size", bauta_checker_load(&options, &checker));

  const bauta::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "fetched");
  for (const char* name : {"yunet", "sface"})
    std::ofstream(folder / "fetched" / (std::string(name) + ".safetensors")) << "no weights";
  const std::string models = folder.path();
  options = BAUTA_CHECKER_OPTIONS_INIT;
  options.models = models.c_str();
  CHECK(bauta_checker_is_available(&options) == 1);
  CHECK_FAILS(BAUTA_FILE, ".safetensors", bauta_checker_load(&options, &checker));
}

TEST_CASE("regions tell whether their faces are recognized, in every mode") {
  if (!is_here()) return;
  const Checker checker = load_checker();
  const Key key = new_key();
  const Model model = default_model();
  for (const int32_t mode : {BAUTA_OPEN, BAUTA_ONE_WAY, BAUTA_KEYED}) {
    CAPTURE(mode);
    bauta_deid_options options = deid_options(mode, kFace);
    if (mode == BAUTA_KEYED) options.key = key.get();
    const auto hidden = [&](bauta::Image& image) {
      Result result;
      CHECK_OK(hide(image, options, result, model.get()));
      REQUIRE(bauta_result_count(result.get()) == 1);
      return region_of(result, 0);
    };
    bauta::Image unchecked = portrait(), checked = unchecked, fine = unchecked, empty = unchecked;
    const bauta_region before = hidden(unchecked);
    CHECK(before.identity == BAUTA_IDENTITY_UNCHECKED);
    CHECK(before.likeness == 0);

    options.checker = checker.get();
    const bauta_region usual = hidden(checked);
    CHECK(usual.written == BAUTA_AS_ASKED);
    CHECK(usual.identity == BAUTA_IDENTITY_NOT_RECOGNIZED);
    CHECK(usual.likeness <= 0.45f);
    CHECK(usual.block == before.block);
    if (mode != BAUTA_KEYED) CHECK(checked == unchecked);  // a keyed one has a nonce of its own

    options.blocks = 30;
    const bauta_region asked = hidden(fine);
    CHECK(asked.written == BAUTA_AS_ASKED);
    CHECK(asked.identity == BAUTA_IDENTITY_RECOGNIZED);
    CHECK(asked.likeness > 0.45f);
    CHECK(asked.block < usual.block);

    options.boxes = kNoFace.data();
    CHECK(hidden(empty).identity == BAUTA_IDENTITY_NOT_COMPARED);
  }
}

TEST_CASE("a face that is recognized gets fewer blocks, unless a model was named that was taught them") {
  if (!is_here()) return;
  const bauta::TemporaryFolder folder;
  const std::filesystem::path models = folder.path() / "models", own = models / "face-128";
  write_fine_network(own);
  const Checker checker = load_checker(1);
  bauta_deid_options options = deid_options(BAUTA_OPEN, kFace);
  options.checker = checker.get();
  for (const bool named : {false, true}) {
    CAPTURE(named);
    bauta_model_options loading = BAUTA_MODEL_OPTIONS_INIT;
    loading.device = BAUTA_DEVICE_CPU;
    loading.folder = named ? own.c_str() : nullptr;
    loading.models = models.c_str();
    bauta_model* loaded = nullptr;
    CHECK_OK(bauta_model_load(&loading, &loaded));
    const Model model(loaded);
    bauta::Image image = portrait();
    Result result;
    CHECK_OK(hide(image, options, result, model.get()));
    const bauta_region region = region_of(result, 0);
    CHECK(region.written == (named ? BAUTA_AS_ASKED : BAUTA_COARSER));
    CHECK(region.identity == (named ? BAUTA_IDENTITY_RECOGNIZED : BAUTA_IDENTITY_NOT_RECOGNIZED));
    CHECK(region.fidelity == (named ? BAUTA_NEARLY : BAUTA_NOT_AT_ALL));
    CHECK((region.likeness > 0.45f) == named);
    const std::string record = bauta_result_record(result.get());
    CHECK((record.find("\"restorable\":true") != record.npos) == named);
  }
}

TEST_CASE("where nothing helps nothing is written") {
  if (!is_here()) return;
  const Checker checker = load_checker();
  const bauta::Image original = portrait();
  bauta::Image image = original;
  // Too small a box: the face is recognized by what is left of it.
  const std::vector<bauta_box> half{{105, 75, 71, 35}};
  bauta_deid_options options = deid_options(BAUTA_ONE_WAY, half);
  options.cover = BAUTA_COVER_FILL;
  options.checker = checker.get();
  Result result;
  CHECK_FAILS(BAUTA_NOT_HIDDEN, "larger", hide(image, options, result));
  CHECK(!result);
  CHECK(image == original);
}

TEST_CASE("progress is told of the faces that a checker is shown, and can end the work there") {
  if (!is_here()) return;
  const Checker checker = load_checker();
  bauta_deid_options options = deid_options(BAUTA_ONE_WAY, kFace);
  options.checker = checker.get();
  Cancelling going_on{99}, at_the_end{1};
  options.progress = Cancelling::call;
  options.user = &going_on;
  const bauta::Image original = portrait();
  bauta::Image image = original;
  Result result;
  CHECK_OK(hide(image, options, result));
  CHECK(going_on.seen == decltype(going_on.seen){{0, 1}, {1, 1}, {1, 1}});
  image = original;
  const auto only_when_looking = [](void* user, std::size_t done, std::size_t) -> int32_t {
    return done == 1 && ++*static_cast<int*>(user) == 2;
  };
  int times = 0;
  options.progress = only_when_looking;
  options.user = &times;
  CHECK_FAILS(BAUTA_CANCELLED, "cancelled", hide(image, options, result));
  CHECK(image == original);
}

TEST_CASE("threads share a checker") {
  if (!is_here()) return;
  const Checker checker = load_checker(1);
  bauta_deid_options options = deid_options(BAUTA_ONE_WAY, kFace);
  options.checker = checker.get();
  options.blocks = 30;
  bauta::Image image = portrait();
  Result result;
  REQUIRE(hide(image, options, result) == BAUTA_OK);
  const float likeness = region_of(result, 0).likeness;
  const std::size_t with_one = resident_bytes();
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i)  // more than may be shown a face at a time
    threads.emplace_back([&] {
      bauta::Image own = portrait();
      Result made;
      bauta_region region = BAUTA_REGION_INIT;
      if (hide(own, options, made) == BAUTA_OK && own == image &&
          bauta_result_region(made.get(), 0, &region) == BAUTA_OK && region.likeness == likeness)
        ++right;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(right == 12);
  const auto more = (static_cast<double>(resident_bytes()) - static_cast<double>(with_one)) / (1 << 20);
  std::cout << "7 more at a time take " << more << " MB\n";
#ifndef __SANITIZE_ADDRESS__
  CHECK(more < 7 * 130);
#endif
}
