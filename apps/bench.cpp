// bauta bench: how long kernels, a generator's forward pass and a training step take here, beside the most
// that this machine computes and copies.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <optional>

#include "apps/command.h"
#include "apps/interruption.h"
#include "bench/benchmarks.h"
#include "cyclegan/networks/weight_file.h"
#include "cyclegan/version.h"
#include "io/atomic_file.h"
#include "kernels/cuda.h"

namespace bauta {
namespace {

struct BenchOptions {
  CommonOptions common;
  std::string filter;
  std::filesystem::path csv, network;
  bool force = false;
  int runs = 0;
  // Of the networks; 0 or empty: the two that most people run.
  int size = 0, ngf = 0, blocks = 0, batch = 1;
  std::string generator;
};

// What is measured on, and what of it.
struct Device {
  CommonOptions common;
  std::unique_ptr<Engine> engine;
  Machine machine;
  Peaks peaks = {};
  std::vector<Benchmark> chosen = {};
};

std::vector<NetworkCase> networks(const BenchOptions& options) {
  const GeneratorConfig of_paper,
      of_default{.kind = GeneratorKind::Bounded, .ngf = 32, .residual_blocks = 6, .composite = true};
  std::vector<NetworkCase> cases;
  const auto add = [&](const GeneratorConfig& generator, int size) {
    for (NetworkTask task : {NetworkTask::Forward, NetworkTask::Step})
      cases.push_back({task, generator, size, options.batch});
  };
  const bool shaped = options.size > 0 || options.ngf > 0 || options.blocks > 0 || !options.generator.empty();
  if (!options.network.empty()) {
    const GeneratorFacts facts = read_generator_facts(options.network);
    const int size = options.size > 0 ? options.size : facts.size > 0 ? facts.size : 256;
    return {{NetworkTask::Forward, facts.config, size, options.batch, options.network}};
  }
  if (!shaped) {
    add(of_default, 128);
    add(of_paper, 256);
    return cases;
  }
  GeneratorConfig generator;
  if (!options.generator.empty()) generator.kind = generator_kind(options.generator);
  generator.composite = generator.kind == GeneratorKind::Bounded;
  if (options.ngf > 0) generator.ngf = options.ngf;
  if (options.blocks > 0) generator.residual_blocks = options.blocks;
  add(generator, options.size > 0 ? options.size : 256);
  return cases;
}

// --device auto takes every kind of device there is: the card first, and the CPU in float32.
std::vector<Device> devices(const BenchOptions& options) {
  std::vector<Device> found;
  const auto add = [&](const CommonOptions& common) {
    auto engine = make_engine(common);
    const Machine machine = machine_of(engine->context());
    found.push_back({common, std::move(engine), machine});
  };
  add(options.common);
  if (options.common.device == "auto" && found.front().engine->kernels().graphs) {
    CommonOptions cpu = options.common;
    cpu.device = "cpu";
    cpu.precision = "f32";
    add(cpu);
  }
  return found;
}

// Throws CLI::ValidationError where the filter leaves nothing.
void choose(std::vector<Device>& all, const BenchOptions& options) {
  const std::vector<NetworkCase> cases = networks(options);
  std::vector<Benchmark> known;
  bool any = false;
  for (Device& device : all) {
    device.chosen = benchmarks(*device.engine, cases, options.common.seed);
    known.insert(known.end(), device.chosen.begin(), device.chosen.end());
    std::erase_if(device.chosen, [&](const Benchmark& item) { return !item.matches(options.filter); });
    any = any || !device.chosen.empty();
  }
  if (!any)
    throw CLI::ValidationError("FILTER", "no name, shape and storage contain all words of '" +
                                             options.filter + "'; there are " + kernels_of(known));
}

void measure_peaks(Device& device) {
  const Context& ctx = device.engine->context();
  device.peaks = measure_arithmetic(ctx);
  if (std::ranges::any_of(device.chosen, [](const Benchmark& item) { return item.bytes > 0; }))
    device.peaks.copy = measure_copy(ctx, device.machine.caches);
}

// ---- as a table, for people

std::string number(const char* format, double value) {
  char text[64] = "-";
  if (value > 0) std::snprintf(text, sizeof text, format, value);
  return text;
}

// Of a column that has one of their texts.
int width_of(const std::vector<Benchmark>& items, std::string Benchmark::*text) {
  std::size_t width = std::strlen("bfloat16");
  for (const Benchmark& item : items) width = std::max(width, (item.*text).size());
  return static_cast<int>(width);
}

void print_head(const Device& device) {
  const Context& ctx = device.engine->context();
  std::printf("%s, %s, ", device.machine.name.c_str(), ctx.backend().name);
  if (ctx.backend().graphs)
    std::printf("driver %s (CUDA %s), CUDA %s, cuDNN %s", device.machine.driver.c_str(),
                cuda_device().driver.c_str(), cuda_version().c_str(), cudnn_version().c_str());
  else
    std::printf("%d thread%s", ctx.threads(), ctx.threads() == 1 ? "" : "s");
  for (const auto& [name, rate, unit] : {std::tuple{"float32", device.peaks.float32, "GFLOP/s"},
                                         {"bfloat16", device.peaks.bfloat16, "GFLOP/s"},
                                         {"copy", device.peaks.copy, "GB/s"}})
    if (rate > 0) std::printf("; %s %.1f %s", name, rate / 1e9, unit);
  std::printf("\n%-*s %-*s %-*s %4s %10s %9s %6s %8s %6s\n", width_of(device.chosen, &Benchmark::kernel),
              "kernel", width_of(device.chosen, &Benchmark::what), "what",
              width_of(device.chosen, &Benchmark::storage), "storage", "runs", "ms", "GFLOP/s", "share",
              "GB/s", "share");
}

void print_row(const Measurement& row, const Device& device) {
  std::printf("%-*s %-*s %-*s %4d %10.4f %9s %6s %8s %6s\n", width_of(device.chosen, &Benchmark::kernel),
              row.of.kernel.c_str(), width_of(device.chosen, &Benchmark::what), row.of.what.c_str(),
              width_of(device.chosen, &Benchmark::storage), row.of.storage.c_str(), row.timing.runs,
              row.timing.seconds * 1e3, number("%.1f", row.operations_per_second() / 1e9).c_str(),
              number("%.2f", row.share_of_arithmetic()).c_str(),
              number("%.1f", row.bytes_per_second() / 1e9).c_str(),
              number("%.2f", row.share_of_copy()).c_str());
  std::fflush(stdout);
}

// ---- as JSON and CSV, for programs

nlohmann::ordered_json json_of(const Device& device) {
  const Context& ctx = device.engine->context();
  return {{"machine", device.machine.name},
          {"backend", ctx.backend().name},
          {"threads", ctx.threads()},
          {"flags", compiler_flags(ctx.backend())},
          {"driver", device.machine.driver},
          {"peak_float32_GFLOP_per_s", device.peaks.float32 / 1e9},
          {"peak_bfloat16_GFLOP_per_s", device.peaks.bfloat16 / 1e9},
          {"copy_GB_per_s", device.peaks.copy / 1e9}};
}

nlohmann::ordered_json json_of(const Measurement& row, const Device& device) {
  return {{"kernel", row.of.kernel},
          {"what", row.of.what},
          {"storage", row.of.storage},
          {"backend", device.engine->kernels().name},
          {"threads", device.engine->context().threads()},
          {"runs", row.timing.runs},
          {"ms", row.timing.seconds * 1e3},
          {"GFLOP_per_s", row.operations_per_second() / 1e9},
          {"share_of_peak", row.share_of_arithmetic()},
          {"GB_per_s", row.bytes_per_second() / 1e9},
          {"share_of_copy", row.share_of_copy()},
          {"memory_bytes", row.memory}};
}

std::string csv_field(const nlohmann::ordered_json& value) {
  if (!value.is_string()) return value.dump();
  std::string field = "\"";
  for (char c : value.get<std::string>()) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + '"';
}

// Each measurement with all that it was measured on and with.
std::string csv_of(const std::vector<nlohmann::ordered_json>& rows) {
  std::string text;
  for (const auto& row : rows) {
    std::string names, values;
    for (const auto& [name, value] : row.items()) {
      names.append(names.empty() ? "" : ",").append(name);
      values.append(values.empty() ? "" : ",").append(csv_field(value));
    }
    if (text.empty()) text = names + '\n';
    text += values + '\n';
  }
  return text;
}

nlohmann::ordered_json versions() {
  return {{"bauta", kVersion},
          {"commit", kCommit},
          {"compiler", BAUTA_COMPILER},
          {"CUDA", cuda_version()},
          {"cuDNN", cudnn_version()}};
}

Measurement measure_one(const Benchmark& item, const Device& device, const BenchOptions& options) {
  Effort effort{.stop = Interruption::asked};
  if (options.runs > 0) effort.least = effort.most = options.runs;
  if (!item.of_network) return measure(item, *device.engine, device.peaks, device.machine, effort);
  // In an engine of its own, so that its memory is what it takes itself.
  CommonOptions again = device.common;
  again.quiet = true;
  const auto engine = make_engine(again);
  return measure(item, *engine, device.peaks, device.machine, effort);
}

int bench(const BenchOptions& options) {
  std::vector<Device> all = devices(options);
  choose(all, options);
  std::optional<AtomicFile> table;
  if (!options.csv.empty()) table.emplace(options.csv, options.force);
  std::size_t count = 0;
  for (const Device& device : all) count += device.chosen.size();
  Progress progress(options.common, "measurements", static_cast<std::int64_t>(count));
  nlohmann::ordered_json summary{{"command", "bench"}, {"versions", versions()}};
  std::vector<nlohmann::ordered_json> rows, lines;
  const Interruption interruption;  // what was measured is told even so
  for (Device& device : all) {
    if (device.chosen.empty() || Interruption::asked()) continue;
    measure_peaks(device);
    summary["devices"].push_back(json_of(device));
    if (!options.common.json) print_head(device);
    for (const Benchmark& item : device.chosen) {
      if (Interruption::asked()) break;
      const Measurement row = measure_one(item, device, options);
      rows.push_back(json_of(row, device));
      lines.push_back(rows.back());
      for (const auto& more : {json_of(device), versions()}) lines.back().update(more);
      progress.interrupt();
      if (!options.common.json) print_row(row, device);
      progress.advance(1, item.kernel);
    }
  }
  if (table && !lines.empty()) {
    table->write(csv_of(lines));
    table->commit();
  }
  summary["measurements"] = rows;
  Problems problems;
  if (rows.size() < count)
    problems.report(options.csv.string() + (options.csv.empty() ? "" : ": ") + "interrupted after " +
                    std::to_string(rows.size()) + " of " + std::to_string(count) +
                    " measurements; run it again");
  summary["problems"] = problems.count();
  print_summary(options.common, summary);
  return problems.exit_code();
}

}  // namespace

void add_bench(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = add_command(
      program, "bench",
      "times kernels, a generator's forward pass and a training step, and holds them against the most that "
      "this machine computes (multiply-adds in registers) and copies",
      "bauta bench conv_fprop --threads 1 --csv kernels.csv", options->common);
  command->add_option("FILTER", options->filter,
                      "words that a kernel's name, shape and storage must contain, all of them in any order: "
                      "conv_fprop, \"3x3 conv_ 64x64\"");
  command->add_option("--csv", options->csv, "also write a table there, with processor, flags and versions");
  command->add_flag("--force", options->force, "replace the table that is there");
  command->add_option("--runs", options->runs, "timed runs of each; 0: 3 to 25, as many as fit 0.4 s")
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str();
  add_precision(*command, options->common);
  command->add_option("--lanes", options->common.lanes, "on a card: pieces of work side by side")
      ->check(CLI::Range(1, 2))
      ->capture_default_str();
  command
      ->add_option("--size", options->size,
                   "of the networks, with --ngf, --blocks and --generator: one of that kind instead of the "
                   "default model's and the paper's; pixels a side, 256 unless said")
      ->check(CLI::Range(24, 4096))
      ->check(CLI::Validator(
          [](const std::string& text) {
            const bool fits = std::stoi(text) % Generator::kSizeMultiple == 0;
            return fits ? std::string()
                        : "a multiple of " + std::to_string(Generator::kSizeMultiple) + " is needed";
          },
          "multiple of " + std::to_string(Generator::kSizeMultiple)));
  command->add_option("--ngf", options->ngf, "channels of the first convolution, 64 unless said")
      ->check(CLI::Range(1, 512));
  command->add_option("--blocks", options->blocks, "residual blocks, 9 unless said")
      ->check(CLI::Range(1, 64));
  command->add_option("--generator", options->generator, "reference unless said")
      ->check(CLI::IsMember({"reference", "skip", "bounded"}));
  command->add_option("--batch", options->batch, "pictures at a time in the networks")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command
      ->add_option("--network", options->network,
                   "in place of the two networks: the forward pass of this weight file's generator")
      ->excludes("--ngf", "--blocks", "--generator");
  command->callback([options, &exit_code] { exit_code = bench(*options); });
}

}  // namespace bauta
