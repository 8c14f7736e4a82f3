// A small dataset to run training on.
#pragma once

#include <unistd.h>

#include "cyclegan/training/run.h"
#include "io/box.h"
#include "io/image.h"
#include "tests/compare.h"

namespace bauta::test {

namespace fs = std::filesystem;

// A folder of its own, gone afterwards, with a dataset of a few drawn pictures in it.
class Workshop {
 public:
  explicit Workshop(int pictures = 5) {
    static int count = 0;
    root_ = fs::temp_directory_path() /
            ("bauta-run-test-" + std::to_string(getpid()) + "-" + std::to_string(count++));
    fs::create_directories(data() / "clear");
    fs::create_directories(data() / "mosaic");
    Dataset dataset;
    dataset.size = kSize;
    dataset.blocks = 4;
    dataset.detector = "boxes";
    dataset.margin_low = dataset.margin_high = 1.6;
    for (int i = 0; i < pictures; ++i) {
      Image image = blank_image(kSize, kSize);
      const RandomStream stream{static_cast<std::uint64_t>(i), 0};
      for (std::size_t p = 0; p < image.pixels.size(); ++p)
        image.pixels[p] = static_cast<std::uint8_t>(stream.below(256, p / 12));
      const std::string name = "face" + std::to_string(i);
      const Box face{6, 5, 20, 20};
      const int block = mosaic_block(face, dataset.blocks);
      write_png(clear_path(data(), name), image);
      write_png(mosaic_path(data(), name), mosaic(image, face, block));
      dataset.entries.push_back({name, name + ".jpg", Box{0, 0, kSize, kSize}, face, face, block, block});
    }
    save_dataset(data(), dataset);
  }
  ~Workshop() { fs::remove_all(root_); }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;

  fs::path data() const { return root_ / "data"; }
  fs::path run(const std::string& name) const { return root_ / name; }

 private:
  static constexpr int kSize = 32;
  fs::path root_;
};

inline TrainingConfig small_config() {
  TrainingConfig config;
  config.generator = GeneratorKind::Bounded;
  config.composite = config.quantize = true;
  config.ngf = config.ndf = 2;
  config.residual_blocks = 1;
  config.noise = 0.05f;
  config.ssim = 1;
  config.loop_noise = 0.5f;
  config.average = 0.75f;
  config.pool = 3;
  config.steps = 12;
  return config;
}

inline RunOptions options_for(const fs::path& folder) { return {folder, 1, 4, 6}; }

}  // namespace bauta::test
