// Hides the faces in many PNGs for good, several at a time, and can be interrupted.
//
//     anonymize_many OUT_FOLDER PHOTO.png...
//
// One detector and one checker serve all threads. What is known of a picture's faces is said for each.
#include <bauta.h>
#include <png.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Free {
  void operator()(bauta_detector* detector) const { bauta_detector_free(detector); }
  void operator()(bauta_checker* checker) const { bauta_checker_free(checker); }
  void operator()(bauta_result* result) const { bauta_result_free(result); }
};
using Detector = std::unique_ptr<bauta_detector, Free>;
using Checker = std::unique_ptr<bauta_checker, Free>;
using Result = std::unique_ptr<bauta_result, Free>;

// From here on the library's failures are exceptions.
void check(bauta_status status) {
  if (status != BAUTA_OK) throw std::runtime_error(bauta_last_error());
}

Detector load_detector() {
  bauta_detector_options options = BAUTA_DETECTOR_OPTIONS_INIT;
  options.threads = 1;  // each of our threads has a photograph of its own
  bauta_detector* detector = nullptr;
  check(bauta_detector_load(&options, &detector));
  return Detector(detector);
}

// Looks whether faces are still recognized. Null where its networks are not there.
Checker load_checker() {
  bauta_checker_options options = BAUTA_CHECKER_OPTIONS_INIT;
  options.threads = 1;
  bauta_checker* checker = nullptr;
  if (bauta_checker_is_available(&options)) check(bauta_checker_load(&options, &checker));
  return Checker(checker);
}

volatile std::sig_atomic_t interrupted = 0;
int32_t stop_if_interrupted(void*, std::size_t, std::size_t) { return interrupted; }

std::string hide(const bauta_detector& detector, const bauta_checker* checker,
                 const std::filesystem::path& from, const std::filesystem::path& to) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  if (!png_image_begin_read_from_file(&png, from.c_str())) throw std::runtime_error(png.message);
  png.format = PNG_FORMAT_RGB;
  std::vector<std::uint8_t> pixels(PNG_IMAGE_SIZE(png));
  if (!png_image_finish_read(&png, nullptr, pixels.data(), 0, nullptr)) throw std::runtime_error(png.message);

  bauta_deid_options options = BAUTA_DEID_OPTIONS_INIT;
  options.mode = BAUTA_ONE_WAY;
  options.checker = checker;
  options.progress = stop_if_interrupted;
  const bauta_picture picture{pixels.data(), static_cast<int32_t>(png.width),
                              static_cast<int32_t>(png.height), 0};
  std::vector<std::uint8_t> hidden(pixels.size());
  bauta_result* made = nullptr;
  check(bauta_deidentify(nullptr, &detector, &options, &picture, hidden.data(), 0, &made));
  const Result result(made);
  if (!png_image_write_to_file(&png, to.c_str(), 0, hidden.data(), 0, nullptr))
    throw std::runtime_error(png.message);
  const std::size_t faces = bauta_result_count(result.get());
  std::size_t coarser = 0;
  for (std::size_t i = 0; i < faces; ++i) {
    bauta_region region = BAUTA_REGION_INIT;
    check(bauta_result_region(result.get(), i, &region));
    if (region.written != BAUTA_AS_ASKED) ++coarser;
  }
  return std::to_string(faces) + (faces == 1 ? " face" : " faces") +
         (coarser > 0 ? ", " + std::to_string(coarser) + " in fewer blocks than usual" : "");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) {
    std::fprintf(stderr, "usage: anonymize_many OUT_FOLDER PHOTO.png...\n");
    return 2;
  }
  std::signal(SIGINT, [](int) { interrupted = 1; });
  const std::filesystem::path folder = argv[1];
  const std::vector<std::filesystem::path> photos(argv + 2, argv + argc);
  std::filesystem::create_directories(folder);
  const Detector detector = load_detector();
  std::fprintf(stderr, "anonymize_many: detector: %s\n",
               bauta_detector_kind(detector.get()) == BAUTA_DETECTOR_YUNET
                   ? "YuNet"
                   : "Haar, which knows faces from the front alone");
  const Checker checker = load_checker();

  std::atomic<std::size_t> next = 0;
  std::atomic<int> problems = 0;
  std::mutex printing;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < photos.size() && !interrupted;) {
      std::string line;
      try {
        line = photos[i].string() + ": " +
               hide(*detector, checker.get(), photos[i], folder / photos[i].filename());
      } catch (const std::exception& error) {
        ++problems;
        line = photos[i].string() + ": " + error.what();
      }
      const std::lock_guard lock(printing);
      std::printf("%s\n", line.c_str());
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return problems > 0 || interrupted ? 1 : 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "anonymize_many: %s\n", error.what());
  return 1;
}
