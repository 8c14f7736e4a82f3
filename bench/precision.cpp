// How far a CPU's 16-bit factors (--precision bf16) take a network's pictures from those of float32. Prints
// each picture's PSNR (of [-1, 1], before rounding to bytes) or "equal", then the mean of those that differ
// and the worst.
//
//   precision NETWORK SIZE PICTURE...
//
// NETWORK: a generator's weight file, or random:NGF:BLOCKS, a reference generator as training starts with it.
// PICTURE: its middle square, resized to SIZE; bounded generators take it all for the face, in 10 blocks.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cyclegan/networks/pictures.h"
#include "cyclegan/networks/weight_file.h"
#include "kernels/check.h"
#include "nn/uploaded.h"

namespace {

using namespace bauta;

constexpr int kBlocks = 10;

Image middle_square(const std::filesystem::path& path, int size) {
  const Image image = read_image(path);
  const int side = std::min(image.width, image.height);
  return resize(crop(image, (image.width - side) / 2, (image.height - side) / 2, side, side), size, size);
}

// What a backend makes of pictures.
class Network {
 public:
  Network(const Backend& backend, const std::string& name) : engine_(backend) {
    int ngf = 0, blocks = 0;
    if (std::sscanf(name.c_str(), "random:%d:%d", &ngf, &blocks) != 2) {
      loaded_.emplace(load_generator(engine_, name));
      return;
    }
    random_.emplace(GeneratorConfig{.ngf = ngf, .residual_blocks = blocks});
    std::vector<NamedParameter> named;
    random_->collect("", named);
    parameters_.emplace(engine_, named);
    random_->initialize(1, 0);
  }
  std::vector<float> operator()(const Image& picture) {
    const NoGrad inference(engine_);
    const int side = picture.width;
    const std::vector<MosaicBox> face{{0, 0, side, side, std::max(1, side / kBlocks)}};
    const Generator& generator = loaded_ ? loaded_->generator : *random_;
    return generator(to_tensor(engine_, {picture}), Boxes(engine_, face)).values();
  }

 private:
  Engine engine_;
  std::optional<LoadedGenerator> loaded_;
  std::optional<Generator> random_;
  std::optional<Parameters> parameters_;
};

// "48.73 dB", or "equal".
std::string in_dB(double ratio) {
  if (std::isinf(ratio)) return "equal";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f dB", ratio);
  return text;
}

double psnr(const std::vector<float>& a, const std::vector<float>& b) {
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += std::pow(double{a[i]} - double{b[i]}, 2);
  return 10 * std::log10(4 * static_cast<double>(a.size()) / squares);
}

int run(const std::string& name, int size, const std::vector<std::string>& pictures) {
  BAUTA_CHECK(bf16_backend(), bf16_problem());
  Network exact(*available_backends().front(), name), rounded(*bf16_backend(), name);
  double sum = 0, worst = INFINITY;
  int different = 0;
  for (const std::string& path : pictures) {
    const Image picture = middle_square(path, size);
    const double ratio = psnr(rounded(picture), exact(picture));
    std::printf("%s: %s\n", path.c_str(), in_dB(ratio).c_str());
    if (std::isinf(ratio)) continue;
    ++different;
    sum += ratio;
    worst = std::min(worst, ratio);
  }
  const std::string mean = in_dB(different > 0 ? sum / different : INFINITY);
  std::printf("%s: mean %s, worst %s of %zu", name.c_str(), mean.c_str(), in_dB(worst).c_str(),
              pictures.size());
  const std::size_t equal = pictures.size() - static_cast<std::size_t>(different);
  if (different > 0 && equal > 0) std::printf(", %zu of them equal and in no mean", equal);
  std::printf("\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("PSNR between a network's pictures in f32 and in bf16, on a CPU");
  std::string network;
  int size = 256;
  std::vector<std::string> pictures;
  program.add_option("NETWORK", network)->required();
  program.add_option("SIZE", size)->required()->check(CLI::Range(8, 4096));
  program.add_option("PICTURE", pictures)->required();
  CLI11_PARSE(program, argc, argv);
  try {
    return run(network, size, pictures);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "precision: %s\n", error.what());
    return 1;
  }
}
