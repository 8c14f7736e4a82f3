#include "bench/benchmarks.h"

#include <algorithm>
#include <set>

#include "bench/kernels/cases.h"

namespace bauta {

namespace {

std::string storage_name(DType dtype) { return dtype == DType::Float32 ? "float32" : "bfloat16"; }

Benchmark of_kernel(const bench::Case& item) {
  return {.kernel = item.kernel,
          .what = item.what,
          .storage = item.storage(),
          .operations = item.operations,
          .bytes = item.bytes,
          .dtype = item.dtype,
          .of_network = false,
          .prepare = [prepare = item.prepare](Engine& engine) { return prepare(engine.context()); }};
}

Benchmark of_network(const NetworkCase& network, DType storage, std::uint64_t seed) {
  return {.kernel = network.name(),
          .what = network.what(),
          .storage = storage_name(storage),
          .operations = operations_of(network),
          .bytes = 0,
          .dtype = storage,
          .of_network = true,
          .prepare = [network, seed](Engine& engine) { return prepare(network, engine, seed); }};
}

}  // namespace

double Measurement::share_of_arithmetic() const {
  const double peak = of.dtype == DType::Float32 ? peaks.float32 : peaks.bfloat16;
  return peak > 0 ? operations_per_second() / peak : 0;
}

double Measurement::share_of_copy() const { return peaks.copy > 0 ? bytes_per_second() / peaks.copy : 0; }

namespace {

// What a CPU with 16-bit factors computes otherwise than one in float32, at the rate that those have: the
// products of convolutions. A step's share of that rate is too low by what gradients of weights take, which
// stay float32.
bool of_rounded_factors(const Benchmark& item) {
  return item.kernel == "conv_fprop" || item.kernel == "conv_dgrad" || item.of_network;
}

}  // namespace

std::vector<Benchmark> benchmarks(const Engine& engine, const std::vector<NetworkCase>& networks,
                                  std::uint64_t seed) {
  std::vector<Benchmark> all;
  const bool on_card = engine.kernels().graphs;
  for (const bench::Case& item : bench::cases_with(""))
    if (on_card || item.dtype == DType::Float32) all.push_back(of_kernel(item));
  for (const NetworkCase& network : networks) all.push_back(of_network(network, engine.storage(), seed));
  if (&engine.kernels() != bf16_backend()) return all;
  std::erase_if(all, [](const Benchmark& item) { return !of_rounded_factors(item); });
  for (Benchmark& item : all) {
    item.dtype = DType::BFloat16;
    item.storage += ", 16-bit factors";
  }
  return all;
}

bool Benchmark::matches(const std::string& words) const { return bench::contains_words(name(), words); }

std::string kernels_of(const std::vector<Benchmark>& all) {
  std::set<std::string> names;
  for (const Benchmark& item : all) names.insert(item.kernel);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

Measurement measure(const Benchmark& benchmark, Engine& engine, const Peaks& peaks, const Machine& machine,
                    Effort effort) {
  constexpr int kWarmUpsOnCard = 8;  // plans, memory, the capture
  if (engine.kernels().graphs) effort.warm_ups = std::max(effort.warm_ups, kWarmUpsOnCard);
  const auto run = benchmark.prepare(engine);
  // A network's tensors follow one another through the caches; a kernel alone would find its own still there.
  const Stopwatch stopwatch(engine.context(), benchmark.of_network ? 0 : 2 * machine.caches);
  Measurement measured{benchmark, stopwatch.time(run, effort), peaks, 0};
  if (benchmark.of_network) measured.memory = engine.memory().most_used;
  return measured;
}

}  // namespace bauta
