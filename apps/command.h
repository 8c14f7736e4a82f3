// What all subcommands share: options, problems and the exit code, progress.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "nn/engine.h"

namespace bauta {

// Options that every subcommand takes.
struct CommonOptions {
  std::string device = "auto";  // auto, cpu, cuda
  // f32, bf16: what networks' tensors are stored as on a card, and multiplied as on a CPU
  std::string precision = "f32";
  std::string instruction_set =
      "auto";  // auto, avx512, avx2, baseline: to compare, or to reproduce another machine
  std::string instead_of_bf16 = "use --precision f32";  // what to do where it can't be had
  bool tf32 = false;                                    // on a card: float32 products in TF32
  int threads = 0;                                      // 0: every core
  int lanes = 2;                                        // on a card: pieces of work that run side by side
  std::uint64_t seed = 1;
  bool quiet = false;
  bool json = false;  // the summary on standard output as one JSON object
};

// A command that cannot go on, or an input that was left out: one line on standard error each, and exit
// code 1.
class Problems {
 public:
  // "FILE: what is wrong; what to do", without the program's name, on one line.
  void report(const std::string& line);
  int exit_code() const { return count_ == 0 ? 0 : 1; }
  int count() const { return count_; }

 private:
  int count_ = 0;
};

// For what has no network to run on a card, and so makes no engine. Throws std::runtime_error, as
// make_engine, if a card was asked for and there is none.
void require_device(const CommonOptions& options);

// A note for whoever watches, on standard error; nothing when quiet.
void say(const CommonOptions& options, const std::string& line);

// Standard error as a progress display: one line that is written over on a terminal, plain lines every 30 s
// elsewhere.
class Progress {
 public:
  // unit: what is counted, in the plural ("photographs", "steps"); total: 0, unknown; done: where a resumed
  // run starts.
  Progress(const CommonOptions& options, std::string unit, std::int64_t total, std::int64_t done = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // detail: more for the line, as the losses of a training step.
  void advance(std::int64_t count = 1, const std::string& detail = "");
  // Clears the line, so that something else can be printed.
  void interrupt();

 private:
  void show(const std::string& detail);

  bool shown_, terminal_;
  std::string unit_;
  std::int64_t total_, done_, done_at_start_;
  std::chrono::steady_clock::time_point start_, last_shown_;
  bool line_open_ = false;
};

// The CPU's backend that --instruction-set names; null: auto, this machine's best.
const Backend* asked_cpu(const CommonOptions& options);

// What --version prints: bauta, compiler, CUDA, cuDNN, instruction set.
std::string version_text();

// The summary on standard output, if --json asks for it.
void print_summary(const CommonOptions& common, const nlohmann::ordered_json& summary);

// How this program was called, for a shell.
std::string command_line();

// The engine that --device, --threads and --instruction-set ask for; says which was taken.
// Throws std::runtime_error with what is missing when --device cuda or --precision bf16 cannot be had.
std::unique_ptr<Engine> make_engine(const CommonOptions& options);
// One of float32 beside it, whatever --precision asks for; says nothing.
std::unique_ptr<Engine> make_exact_engine(CommonOptions options);

// What the engine took at most and holds, in bytes, for a summary.
void add_memory(nlohmann::ordered_json& summary, const Engine& engine);

// What the user of a command that ran out of memory can do, of the card's or the machine's: which of its
// options, as they were given, lessen it.
std::string memory_advice(const CLI::App& command, bool of_card);

// The program with all its subcommands; their callbacks set exit_code. `program` is empty.
void make_program(CLI::App& program, int& exit_code);

// A subcommand: adds itself to the program; its callback sets exit_code.
void add_prepare(CLI::App& program, int& exit_code);
void add_train(CLI::App& program, int& exit_code);
void add_train_baseline(CLI::App& program, int& exit_code);
void add_deid(CLI::App& program, int& exit_code);
void add_reid(CLI::App& program, int& exit_code);
void add_video(CLI::App& program, int& exit_code);
void add_translate(CLI::App& program, int& exit_code);
void add_evaluate(CLI::App& program, int& exit_code);
void add_attack(CLI::App& program, int& exit_code);
void add_keygen(CLI::App& program, int& exit_code);
void add_lock(CLI::App& program, int& exit_code);
void add_unlock(CLI::App& program, int& exit_code);
void add_info(CLI::App& program, int& exit_code);
void add_serve(CLI::App& program, int& exit_code);
void add_bench(CLI::App& program, int& exit_code);

// For the subcommands that run networks.
void add_precision(CLI::App& command, CommonOptions& common);

// Of numbers with fractions, both ends included: CLI::Range, but it lets nan pass.
CLI::Validator between(double low, double high);

// A subcommand's CLI11 object with the common options; `example` ends its --help.
CLI::App* add_command(CLI::App& program, const std::string& name, const std::string& what,
                      const std::string& example, CommonOptions& common);

}  // namespace bauta
