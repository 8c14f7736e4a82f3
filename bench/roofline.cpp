// What a card's limits allow, before any card is at hand: every launch of a training step or a generator's
// forward pass, its operations and its least bytes, and the time that the limits of an H100 leave it.
//
//   roofline step    [--size 256] [--batch 1] [--ngf 64] [--blocks 9] [--precision bf16|f32] [--tf32]
//                   [--lanes 1|2] [--each]
//   roofline forward the same
//
// A launch takes the longest of: operations at the tensor cores' rate, where a convolution of few tiles
// leaves multiprocessors idle; bytes at the memory's; and what a launch in a graph costs at least. Lanes run
// side by side: a section takes as long as its longest lane, and no less than all its work on the whole card.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "bench/dry_run.h"
#include "cyclegan/training/trainer.h"

namespace {

using namespace bauta;

// An H100 SXM. Rates as measured by peers: matrix products reach 80 % of the specified 989 TFLOP/s in bf16,
// and so of the 67 that float32 has, which is no matter of tensor cores; a copy 3.0 of 3.35 TB/s.
struct Card {
  double bf16 = 790e12, tf32 = 395e12, f32 = 54e12, bandwidth = 3.0e12;  // operations, bytes a second
  double launch = 1.5e-6;                                                // seconds, in a graph
  std::int64_t multiprocessors = 132;
};

struct Cost {
  double compute = 0, memory = 0, alone = 0;  // seconds; alone: with nothing beside it
};

Cost cost_of(const DryLaunch& launch, const Card& card, bool tf32) {
  const double rate = launch.dtype == DType::BFloat16 ? card.bf16 : tf32 ? card.tf32 : card.f32;
  Cost cost;
  cost.compute = launch.flops / rate;
  cost.memory = launch.bytes / card.bandwidth;
  double computed = cost.compute;
  if (launch.tiles > 0 && launch.launcher != "conv_wgrad") {  // wgrad is cut along its sum, too
    const std::int64_t waves = (launch.tiles + card.multiprocessors - 1) / card.multiprocessors;
    computed *= static_cast<double>(waves * card.multiprocessors) / static_cast<double>(launch.tiles);
  }
  cost.alone = std::max({computed, cost.memory, launch.launches * card.launch});
  return cost;
}

struct Sum {
  int count = 0;
  double flops = 0, bytes = 0, seconds = 0;
};

void print_table(const char* title, const std::map<std::string, Sum>& rows) {
  std::printf("%-58s %6s %10s %10s %9s\n", title, "count", "GFLOP", "MB", "us");
  for (const auto& [name, sum] : rows)
    std::printf("%-58s %6d %10.2f %10.2f %9.1f\n", name.c_str(), sum.count, sum.flops / 1e9, sum.bytes / 1e6,
                sum.seconds * 1e6);
}

void report(const std::vector<DryLaunch>& launches, const Card& card, bool tf32, bool each) {
  std::map<std::string, Sum> by_launcher;
  struct Section {
    std::map<const Context*, double> lanes;
    double compute = 0, memory = 0;
  };
  std::map<int, Section> sections;
  int count = 0;
  double flops = 0, bytes = 0, compute = 0;
  for (const DryLaunch& launch : launches) {
    const Cost cost = cost_of(launch, card, tf32);
    Sum& sum = by_launcher[each ? launch.launcher + " " + launch.shapes : launch.launcher];
    sum.count += launch.launches;
    count += launch.launches;
    sum.flops += launch.flops;
    sum.bytes += launch.bytes;
    sum.seconds += cost.alone;
    Section& section = sections[launch.section];
    section.lanes[launch.lane] += cost.alone;
    section.compute += cost.compute;
    section.memory += cost.memory;
    flops += launch.flops;
    bytes += launch.bytes;
    compute += cost.compute;
  }
  double path = 0;
  for (const auto& [number, section] : sections) {
    double longest = 0;
    for (const auto& [lane, seconds] : section.lanes) longest = std::max(longest, seconds);
    path += std::max({longest, section.compute, section.memory});
  }
  print_table("launch", by_launcher);
  std::printf("\n%d launches, %.3f TFLOP, %.2f GB\n", count, flops / 1e12, bytes / 1e9);
  std::printf("products alone %.2f ms, memory alone %.2f ms, critical path %.2f ms\n", compute * 1e3,
              bytes / card.bandwidth * 1e3, path * 1e3);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("What an H100's limits allow");
  program.require_subcommand(1);
  int size = 256;
  TrainingConfig config;
  config.steps = 1000;
  std::string precision = "bf16";
  int lanes = 2;
  bool each = false, tf32 = false;
  const std::array what{program.add_subcommand("step", "a training step"),
                        program.add_subcommand("forward", "a generator's forward pass")};
  for (CLI::App* command : what) {
    command->add_option("--size", size, "pixels a side")->check(CLI::Range(24, 4096));
    command->add_option("--batch", config.batch, "pictures")->check(CLI::Range(1, 1024));
    command->add_option("--ngf", config.ngf, "channels of the first convolutions")->check(CLI::Range(1, 512));
    command->add_option("--blocks", config.residual_blocks, "residual blocks")->check(CLI::Range(1, 64));
    command->add_option("--identity", config.identity, "weight of the identity terms");
    command->add_option("--precision", precision)->check(CLI::IsMember({"bf16", "f32"}));
    command->add_flag("--tf32", tf32, "f32 products on tensor cores");
    command->add_option("--lanes", lanes, "pieces of work side by side")->check(CLI::Range(1, 2));
    command->add_flag("--each", each, "every shape by itself");
  }
  CLI11_PARSE(program, argc, argv);
  config.ndf = config.ngf;

  DryRun dry;
  Engine engine(DryRun::backend(), 1, precision == "bf16" ? DType::BFloat16 : DType::Float32, lanes);
  Trainer trainer(engine, config);
  trainer.initialize();
  const Shape shape{config.batch, size, size, 3};
  const TrainingBatch batch{Tensor::zeros(engine, shape), Tensor::zeros(engine, shape), {}, {}};
  if (what[0]->parsed()) {
    trainer.step(batch);
    dry.forget();
    trainer.step(batch);
  } else {
    const NoGrad inference(engine);
    dry.forget();
    trainer.latest().deid(batch.x, {});
  }
  report(dry.launches(), Card{}, tf32, each);
  std::printf("memory: %.3f GB used at most, %.3f GB held\n",
              static_cast<double>(engine.memory().most_used) / 1e9,
              static_cast<double>(engine.memory().held) / 1e9);
  return 0;
}
