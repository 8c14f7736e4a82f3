// Times FaceNet's and SFace's embeddings, and the embedding with its gradient to the picture. Prints one JSON
// object a network.
//
//   identity_bench FOLDER [--batch N] [--runs N] [--threads N] [--device cpu|cuda] [--precision f32|bf16]
//
// FOLDER: models/fetched. Medians, in ms a picture.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cyclegan/faces/facenet.h"
#include "cyclegan/faces/sface.h"
#include "kernels/cuda.h"
#include "nn/ops.h"
#include "nn/tape.h"

namespace {

using namespace bauta;

double median_ms(int runs, const Engine& engine, const std::function<void()>& body) {
  constexpr int kWarmUps = 3;
  std::vector<double> times;
  for (int run = -kWarmUps; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    body();
    engine.kernels().synchronize(engine.context());
    const auto taken = std::chrono::steady_clock::now() - start;
    if (run >= 0) times.push_back(std::chrono::duration<double, std::milli>(taken).count());
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void time_network(const char* name, Engine& engine, const IdentityNetwork& network, int batch, int runs) {
  constexpr float kDeviation = 0.4f;
  Tensor x = Tensor::empty(engine, {batch, network.side(), network.side(), 3});
  const Uploaded<RandomStream> streams(engine, {{1, 1}});
  engine.kernels().random_normal(x.view(), streams.data(), 0, kDeviation, engine.context());
  const double forward = median_ms(runs, engine, [&] {
    const NoGrad inference(engine);
    network(x);
  });
  x.set_requires_grad();
  const double with_gradient = median_ms(runs, engine, [&] { grad({network(x)}, {x}); });
  std::printf(
      "{\"network\": \"%s\", \"batch\": %d, \"backend\": \"%s\", \"threads\": %d, \"ms_per_picture\": %.2f, "
      "\"ms_per_picture_with_gradient\": %.2f}\n",
      name, batch, engine.kernels().name, engine.context().threads(), forward / batch, with_gradient / batch);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Times the identity networks");
  std::filesystem::path folder;
  std::string device = "cpu", precision = "f32";
  int batch = 8, runs = 9, threads = 0;
  program.add_option("FOLDER", folder)->required()->check(CLI::ExistingDirectory);
  program.add_option("--batch", batch)->check(CLI::Range(1, 1024));
  program.add_option("--runs", runs)->check(CLI::Range(1, 1 << 20));
  program.add_option("--threads", threads)->check(CLI::Range(0, 1024));
  program.add_option("--device", device)->check(CLI::IsMember({"cpu", "cuda"}));
  program.add_option("--precision", precision)->check(CLI::IsMember({"f32", "bf16"}));
  CLI11_PARSE(program, argc, argv);
  try {
    const Backend& backend = device == "cuda" ? cuda_backend() : *available_backends().front();
    Engine engine(backend, threads, precision == "bf16" ? DType::BFloat16 : DType::Float32);
    time_network("facenet", engine, FaceNet(engine, folder / "facenet.safetensors"), batch, runs);
    time_network("sface", engine, SFace(engine, folder / "sface.safetensors"), batch, runs);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "identity_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
