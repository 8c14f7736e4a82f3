#include "apps/command.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include "kernels/cuda.h"

namespace bauta {

namespace {

constexpr auto kTerminalInterval = std::chrono::milliseconds(200);
constexpr auto kPlainInterval = std::chrono::seconds(30);

std::string duration(double seconds) {
  const auto whole = static_cast<long long>(seconds + 0.5);
  char text[64];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%lld h %02lld min", whole / 3600, whole / 60 % 60);
  else if (whole >= 60)
    std::snprintf(text, sizeof text, "%lld min %02lld s", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%lld s", whole);
  return text;
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

void Problems::report(const std::string& line) {
  ++count_;
  std::fprintf(stderr, "bauta: %s\n", one_line(line).c_str());
}

void say(const CommonOptions& options, const std::string& line) {
  if (!options.quiet) std::fprintf(stderr, "bauta: %s\n", one_line(line).c_str());
}

Progress::Progress(const CommonOptions& options, std::string unit, std::int64_t total, std::int64_t done)
    : shown_(!options.quiet),
      terminal_(isatty(STDERR_FILENO) == 1),
      unit_(std::move(unit)),
      total_(total),
      done_(done),
      done_at_start_(done),
      start_(std::chrono::steady_clock::now()),
      last_shown_(start_) {}

Progress::~Progress() { interrupt(); }

void Progress::advance(std::int64_t count, const std::string& detail) {
  done_ += count;
  if (!shown_) return;
  const auto now = std::chrono::steady_clock::now();
  const auto interval = terminal_ ? std::chrono::steady_clock::duration(kTerminalInterval)
                                  : std::chrono::steady_clock::duration(kPlainInterval);
  if (now - last_shown_ < interval) return;
  last_shown_ = now;
  show(detail);
}

void Progress::show(const std::string& detail) {
  const double seconds = std::chrono::duration<double>(last_shown_ - start_).count();
  const double rate = static_cast<double>(done_ - done_at_start_) / std::max(seconds, 1e-9);
  const double left = rate > 0 ? static_cast<double>(total_ - done_) / rate : 0;
  char numbers[160];
  if (total_ > 0)
    std::snprintf(numbers, sizeof numbers, "%lld/%lld %s, %.3g/s, %s left", static_cast<long long>(done_),
                  static_cast<long long>(total_), unit_.c_str(), rate, duration(std::max(left, 0.0)).c_str());
  else
    std::snprintf(numbers, sizeof numbers, "%lld %s, %.3g/s", static_cast<long long>(done_), unit_.c_str(),
                  rate);
  const std::string line = numbers + (detail.empty() ? "" : ", " + detail);
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", line.c_str());
    std::fflush(stderr);
    line_open_ = true;
  } else {
    std::fprintf(stderr, "bauta: %s\n", line.c_str());
  }
}

void Progress::interrupt() {
  if (line_open_) std::fprintf(stderr, "\r\033[K");
  line_open_ = false;
}

std::string version_text() {
  return "bauta " BAUTA_VERSION "\ncompiler: " BAUTA_COMPILER "\nCUDA: " + cuda_version() +
         ", cuDNN: " + cudnn_version() + "\ninstruction set: " + available_backends().front()->name +
         "\nbf16 on the CPU: " + (bf16_backend() ? bf16_backend()->name : "none, " + bf16_problem());
}

void print_summary(const CommonOptions& common, const nlohmann::ordered_json& summary) {
  if (!common.json) return;
  // A file name need not be UTF-8, JSON must.
  const std::string text =
      summary.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
    throw std::runtime_error(std::string("standard output: cannot be written to (") + std::strerror(errno) +
                             "); send it elsewhere");
}

namespace {

std::string shell_quoted(const std::string& argument) {
  const std::string plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,+@%";
  if (!argument.empty() && argument.find_first_not_of(plain) == argument.npos) return argument;
  std::string text = "'";
  for (char c : argument) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string text, argument;
  while (std::getline(file, argument, '\0')) text += text.empty() ? "bauta" : " " + shell_quoted(argument);
  return text;
}

const Backend* asked_cpu(const CommonOptions& options) {
  return options.instruction_set == "auto" ? nullptr : &backend_by_name("cpu_" + options.instruction_set);
}

namespace {

// why: there is no card; empty where none was asked for.
const Backend& cpu_bf16(const CommonOptions& options, const std::string& why) {
  const std::string no_card = why.empty() ? "" : ", and " + why;
  if (options.instruction_set != "auto" && options.instruction_set != "avx512")
    throw std::runtime_error("--precision bf16: on a CPU an extension of AVX-512, not of " +
                             options.instruction_set + "; leave --instruction-set out, or " +
                             options.instead_of_bf16);
  if (!bf16_backend())
    throw std::runtime_error("--precision bf16: " + bf16_problem() + no_card + "; " +
                             options.instead_of_bf16);
  return *bf16_backend();
}

std::unique_ptr<Engine> make_cpu_engine(const CommonOptions& options, const std::string& why) {
  const Backend* const asked = asked_cpu(options);
  const Backend& backend = options.precision == "bf16" ? cpu_bf16(options, why)
                           : asked                     ? *asked
                                                       : *available_backends().front();
  auto engine = std::make_unique<Engine>(backend, options.threads);
  const int threads = engine->context().threads();
  if (options.device == "auto")
    say(options, std::string("device: ") + backend.name + ", " + std::to_string(threads) +
                     (threads == 1 ? " thread" : " threads") + (why.empty() ? "" : "; no card: " + why));
  return engine;
}

}  // namespace

void require_device(const CommonOptions& options) {
  if (options.device != "cuda") return;
  const std::string problem = cuda_problem();
  if (!problem.empty()) throw std::runtime_error("--device cuda: " + problem + "; use --device cpu or auto");
}

std::unique_ptr<Engine> make_engine(const CommonOptions& options) {
  if (options.device == "cpu") return make_cpu_engine(options, "");
  require_device(options);
  const std::string problem = cuda_problem();
  const bool built_for_cards = cuda_version() != "none";
  // Who asks for an instruction set asks for the CPU.
  const bool cpu = !problem.empty() || (options.device == "auto" && options.instruction_set != "auto");
  if (cpu) return make_cpu_engine(options, built_for_cards ? problem : "");
  const DType storage = options.precision == "bf16" ? DType::BFloat16 : DType::Float32;
  auto engine = std::make_unique<Engine>(cuda_backend(), options.threads, storage, options.lanes);
  engine->allow_tf32(options.tf32);
  if (options.device == "auto") {
    const CudaDevice card = cuda_device();
    say(options, "device: " + card.name + ", " + std::to_string(card.memory >> 20) + " MiB");
  }
  return engine;
}

void add_memory(nlohmann::ordered_json& summary, const Engine& engine) {
  const MemoryUse memory = engine.memory();
  summary["peak_memory_bytes"] = memory.most_used;
  summary["held_memory_bytes"] = memory.held;
}

std::unique_ptr<Engine> make_exact_engine(CommonOptions options) {
  options.precision = "f32";
  options.tf32 = false;
  options.quiet = true;
  return make_engine(options);
}

CLI::Validator between(double low, double high) {
  const CLI::Range range(low, high);
  return {[range](std::string& text) {
            double value = 0;
            return CLI::detail::lexical_cast(text, value) && std::isnan(value) ? text + " is no number"
                                                                               : range(text);
          },
          range.get_description()};
}

void add_precision(CLI::App& command, CommonOptions& common) {
  command
      .add_option(
          "--precision", common.precision,
          "bf16: on a card, networks' tensors of 16 bits, half the memory and more speed; on a CPU with "
          "AVX512-BF16, convolutions of 16-bit factors, more speed alone")
      ->check(CLI::IsMember({"f32", "bf16"}))
      ->capture_default_str();
  command.add_flag("--tf32", common.tf32,
                   "on a card: f32 products of factors that are rounded to 11 bits, several times as quick");
}

std::string memory_advice(const CLI::App& command, bool of_card) {
  const auto could_change = [&command](const char* name, const std::string& least) {
    const CLI::Option* const option = command.get_option_no_throw(name);
    return option && option->as<std::string>() != least;
  };
  const CLI::Option* const resume = command.get_option_no_throw("--resume");
  const bool shaped = resume && resume->count() > 0;  // by the run that is gone on with
  std::vector<std::string> ways;
  if (of_card && could_change("--lanes", "1")) ways.emplace_back("--lanes 1");
  if (of_card && !shaped && could_change("--precision", "bf16")) ways.emplace_back("--precision bf16");
  if (!of_card && could_change("--threads", "1")) ways.emplace_back("fewer --threads");
  if (!shaped && could_change("--batch", "1")) ways.emplace_back("a smaller --batch");
  if (!shaped) ways.emplace_back("smaller pictures");
  if (ways.empty()) ways.emplace_back(of_card ? "a card with more memory" : "a machine with more memory");
  std::string text = "use " + ways.front();
  for (std::size_t i = 1; i < ways.size(); ++i) text += (i + 1 < ways.size() ? ", " : " or ") + ways[i];
  return text;
}

namespace {

// What is wrong with it; empty: nothing.
std::string unavailable_instruction_set(const std::string& name) {
  for (const Backend* backend : available_backends())
    if (name == "auto" || backend->name == "cpu_" + name) return "";
  return "this machine has not " + name + "; use auto";
}

}  // namespace

CLI::App* add_command(CLI::App& program, const std::string& name, const std::string& what,
                      const std::string& example, CommonOptions& common) {
  CLI::App* command = program.add_subcommand(name, what);
  command->set_version_flag("--version", version_text());
  command->footer("Example:\n  " + example);
  command->add_option("--device", common.device, "where to compute")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  command->add_option("--instruction-set", common.instruction_set, "of the CPU, to compare or reproduce")
      ->check(CLI::IsMember({"auto", "avx512", "avx2", "baseline"}))
      ->check(CLI::Validator(unavailable_instruction_set, ""))
      ->capture_default_str();
  command->add_option("--threads", common.threads, "threads on the CPU; 0: every core")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  command->add_option("--seed", common.seed, "of everything random")->capture_default_str();
  command->add_flag("--quiet", common.quiet, "no progress, no notes; problems are still reported");
  command->add_flag("--json", common.json, "the summary as one JSON object on standard output");
  return command;
}

}  // namespace bauta
