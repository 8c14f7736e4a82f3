// The command line as a whole: what main() runs, and what the manual and the shells' completions are made of.
#include "apps/command.h"

namespace bauta {

void make_program(CLI::App& program, int& exit_code) {
  program.name("bauta");
  program.description("bauta: reversible face anonymization with a CycleGAN (Xu et al. 2024)");
  program.require_subcommand(1);
  program.set_version_flag("--version", version_text());
  program.footer(
      "Example:\n  bauta deid photo.jpg --out anonymized && bauta reid anonymized/photo.png --out restored");
#ifndef BAUTA_ONLY_BENCH  // a build without the libraries of the others
  add_prepare(program, exit_code);
  add_train(program, exit_code);
  add_train_baseline(program, exit_code);
  add_deid(program, exit_code);
  add_reid(program, exit_code);
  add_video(program, exit_code);
  add_translate(program, exit_code);
  add_evaluate(program, exit_code);
  add_attack(program, exit_code);
  add_keygen(program, exit_code);
  add_lock(program, exit_code);
  add_unlock(program, exit_code);
  add_info(program, exit_code);
  add_serve(program, exit_code);
#endif
  add_bench(program, exit_code);
}

}  // namespace bauta
