// bauta: one program with subcommands.
#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "apps/command.h"
#include "kernels/backend.h"

namespace {

std::string version() {
  return "bauta " BAUTA_VERSION "\ncompiler: " BAUTA_COMPILER "\nCUDA: none, cuDNN: none\ninstruction set: " +
         std::string(bauta::available_backends().front()->name);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("bauta: reversible face anonymization with a CycleGAN (Xu et al. 2024)", "bauta");
  program.require_subcommand(1);
  program.set_version_flag("--version", version());
  program.footer(
      "Example:\n  bauta deid photo.jpg --out anonymized && bauta reid anonymized/photo.png --out restored");
  int exit_code = 0;
  bauta::add_prepare(program, exit_code);
  bauta::add_train(program, exit_code);
  bauta::add_deid(program, exit_code);
  bauta::add_reid(program, exit_code);
  bauta::add_translate(program, exit_code);
  bauta::add_info(program, exit_code);
  bauta::Problems problems;
  try {
    program.parse(argc, argv);
    return exit_code;
  } catch (const CLI::Success& asked) {  // --help, --version
    return program.exit(asked);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "bauta: %s; see bauta --help\n", error.what());
    return 2;
  } catch (const std::bad_alloc&) {
    problems.report("out of memory; use fewer --threads, a smaller --batch or smaller pictures");
  } catch (const std::exception& error) {
    problems.report(error.what());
  }
  return 1;
}
