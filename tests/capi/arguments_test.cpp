// Calls of bauta.h that are wrong: refused with a message, the output as it was.
#include <array>
#include <cstdint>
#include <limits>

#include "capi_helpers.h"

namespace {

const std::vector<bauta_box> kBox{{20, 20, 60, 60}};

}  // namespace

TEST_CASE("the library in use is this header's") {
  CHECK(bauta_api_version() == BAUTA_API_VERSION);
  CHECK(std::string(bauta_version()).find('.') != std::string::npos);
  for (bauta_status status = BAUTA_OK; status <= BAUTA_NOT_HIDDEN; ++status)
    CHECK(std::string(bauta_status_name(status)).starts_with("BAUTA_"));
  CHECK(std::string(bauta_status_name(99)).find("not know") != std::string::npos);
}

TEST_CASE("null is refused, and freed") {
  bauta_model_free(nullptr);
  bauta_detector_free(nullptr);
  bauta_checker_free(nullptr);
  bauta_key_free(nullptr);
  bauta_result_free(nullptr);
  CHECK(bauta_result_count(nullptr) == 0);
  CHECK(bauta_result_record(nullptr) == std::string());
  CHECK(bauta_key_kind(nullptr) == 0);
  CHECK(bauta_model_can_restore(nullptr) == 0);
  CHECK(bauta_detector_kind(nullptr) == 0);
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "bauta_model_load", bauta_model_load(nullptr, nullptr));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "handle", bauta_detector_load(nullptr, nullptr));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "handle", bauta_checker_load(nullptr, nullptr));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "handle", bauta_key_generate(nullptr));
  bauta_result* result = nullptr;
  bauta_region region = BAUTA_REGION_INIT;
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "no result", bauta_result_region(nullptr, 0, &region));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "no detector", bauta_find_faces(nullptr, nullptr, &result));
  const bauta::Image image = noise(8, 8);
  const bauta_picture picture = view(image);
  std::vector<std::uint8_t> out(image.pixels.size());
  const auto deid = [&](const bauta_picture* in, std::uint8_t* to, const bauta_deid_options* options) {
    return bauta_deidentify(nullptr, nullptr, options, in, to, 0, &result);
  };
  const bauta_deid_options options = deid_options(BAUTA_ONE_WAY, kBox);
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "no picture", deid(nullptr, out.data(), &options));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "no output", deid(&picture, nullptr, &options));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "mode", deid(&picture, out.data(), nullptr));
  const bauta_picture empty{nullptr, 8, 8, 0};
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "no picture", deid(&empty, out.data(), &options));
  CHECK(result == nullptr);
}

TEST_CASE("sizes, strides and overlaps that are wrong are refused") {
  bauta::Image image = noise(100, 90);
  const bauta::Image before = image;
  const bauta_deid_options options = deid_options(BAUTA_ONE_WAY, kBox);
  std::vector<std::uint8_t> out(2 * image.pixels.size());
  const auto fails = [&](int32_t width, int32_t height, std::size_t stride, std::uint8_t* to,
                         std::size_t out_stride, const char* words) {
    const bauta_picture picture{image.pixels.data(), width, height, stride};
    CHECK_FAILS(BAUTA_INVALID_ARGUMENT, words,
                bauta_deidentify(nullptr, nullptr, &options, &picture, to, out_stride, nullptr));
  };
  constexpr int kMost = std::numeric_limits<int32_t>::max();
  fails(0, 90, 0, out.data(), 0, "width");
  fails(100, -1, 0, out.data(), 0, "height");
  fails(kMost, kMost, 0, out.data(), 0, "100,000,000");
  fails(100'001, 1'000, 0, out.data(), 0, "100,000,000");
  fails(100, 90, 299, out.data(), 0, "stride");
  fails(100, 90, 0, out.data(), 1, "stride");
  fails(100, 90, SIZE_MAX, out.data(), 0, "stride");
  fails(100, 90, 0, out.data(), SIZE_MAX / 2, "stride");
  fails(100, 90, 0, image.pixels.data() + 3, 0, "overlaps");
  fails(50, 45, 300, image.pixels.data(), 150, "overlaps");
  CHECK(image == before);
}

TEST_CASE("options that are wrong are refused") {
  bauta::Image image = noise(100, 90);
  const bauta::Image before = image;
  const Key key = new_key();
  Result result;
  const auto fails = [&](const char* words, auto change) {
    bauta_deid_options options = keyed_options(key, kBox);
    change(options);
    CHECK_FAILS(BAUTA_INVALID_ARGUMENT, words, hide(image, options, result));
    CHECK(!result);
  };
  fails("struct_size", [](auto& o) { o.struct_size = 0; });
  fails("struct_size", [](auto& o) { o.struct_size = SIZE_MAX; });
  fails("mode", [](auto& o) { o.mode = 0; });
  fails("mode", [](auto& o) { o.mode = 4; });
  fails("model", [](auto& o) { o.mode = BAUTA_OPEN, o.key = nullptr; });
  fails("BAUTA_KEYED", [](auto& o) { o.mode = BAUTA_ONE_WAY; });
  fails("neither a key", [](auto& o) { o.key = nullptr; });
  fails("blocks", [](auto& o) { o.blocks = -1; });
  fails("cover", [](auto& o) { o.cover = 2; });
  fails("code", [](auto& o) { o.code = -1; });
  fails("residual_levels", [](auto& o) { o.residual_levels = 32; });
  fails("count", [](auto& o) { o.boxes = nullptr; });
  fails("neither a detector", [](auto& o) { o.boxes = nullptr, o.box_count = 0; });
  fails("count", [](auto& o) { o.recipient_count = 1; });
  const bauta_key* secret = key.get();
  fails("public key", [&](auto& o) { o.recipients = &secret, o.recipient_count = 1; });
  const bauta_box flat{1, 1, 5, 0}, far{std::numeric_limits<int32_t>::max(), 0, 10, 10};
  fails("box 1", [&](auto& o) { o.boxes = &flat; });
  fails("box 1", [&](auto& o) { o.boxes = &far; });
  CHECK(image == before);
}

TEST_CASE("structures may be older or newer than the library") {
  struct Newer {
    bauta_deid_options known;
    void* unknown;
  };
  const Key key = new_key();
  bauta::Image image = noise(100, 90);
  Result result;
  Newer newer{keyed_options(key, kBox), nullptr};
  newer.known.struct_size = sizeof newer;
  CHECK_OK(hide(image, newer.known, result));
  newer.unknown = &newer;
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "newer libbauta", hide(image, newer.known, result));
  // One that ends before `progress`: what lies behind is not read.
  bauta_deid_options older = keyed_options(key, kBox);
  older.struct_size = offsetof(bauta_deid_options, progress);
  older.progress = reinterpret_cast<bauta_progress>(std::uintptr_t{1});
  CHECK_OK(hide(image, older, result));
  // One of before there were checkers.
  older = keyed_options(key, kBox);
  older.struct_size = offsetof(bauta_deid_options, checker);
  older.checker = reinterpret_cast<const bauta_checker*>(std::uintptr_t{1});
  CHECK_OK(hide(image, older, result));
  // The same of what the library fills.
  bauta_region region = BAUTA_REGION_INIT;
  region.struct_size = offsetof(bauta_region, fidelity);
  region.fidelity = 77;
  REQUIRE(bauta_result_region(result.get(), 0, &region) == BAUTA_OK);
  CHECK(region.box.width == 60);
  CHECK(region.fidelity == 77);
  CHECK(region.struct_size == offsetof(bauta_region, fidelity));
  region = BAUTA_REGION_INIT;
  region.struct_size = offsetof(bauta_region, written);
  region.written = 77;
  REQUIRE(bauta_result_region(result.get(), 0, &region) == BAUTA_OK);
  CHECK(region.fidelity == BAUTA_EXACTLY);
  CHECK(region.written == 77);
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "no such region", bauta_result_region(result.get(), 1, &region));
}

TEST_CASE("without a face nothing is written") {
  bauta::Image image = noise(100, 90);
  const bauta::Image before = image;
  Result result;
  const std::vector<bauta_box> outside{{100, 0, 10, 10}, {-20, -20, 20, 20}};
  CHECK_FAILS(BAUTA_NO_FACE, "none of the boxes lies in",
              hide(image, deid_options(BAUTA_ONE_WAY, outside), result));
  bauta_deid_options none = deid_options(BAUTA_ONE_WAY, outside);
  none.box_count = 0;
  CHECK_FAILS(BAUTA_NO_FACE, "the list of boxes is empty", hide(image, none, result));
  CHECK(!result);
  CHECK(image == before);
}
