// bauta: one program with subcommands.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <string>

#include "apps/command.h"
#include "kernels/check.h"

namespace {

// libgomp's threads spin while they wait for one another, which on a machine shared with other work can cost
// ten times what it saves. How long they spin is read from the environment before main(), so it takes a
// second start to say so; whoever set OMP_WAIT_POLICY or GOMP_SPINCOUNT knows better.
void wait_without_spinning(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  setenv("GOMP_SPINCOUNT", "4000", 0);  // some microseconds: enough for threads that do run at the same time
  std::error_code no_proc;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", no_proc);
  if (!no_proc) execv(program.c_str(), argv);  // where it returns, we go on as we are
}

}  // namespace

int main(int argc, char** argv) {
  wait_without_spinning(argv);
  std::signal(SIGXFSZ, SIG_IGN);  // a file grown too large is an error that is told, not the program's end
  int exit_code = 0;
  CLI::App program;
  bauta::make_program(program, exit_code);
  bauta::Problems problems;
  try {
    program.parse(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      problems.report("standard output: cannot be written to; send it elsewhere");
    return std::max(exit_code, problems.exit_code());
  } catch (const CLI::Success& asked) {  // --help, --version
    return program.exit(asked);
  } catch (const CLI::ParseError& error) {
    const auto chosen = program.get_subcommands();
    if (chosen.empty() && argc > 1 && argv[1][0] != '-') {
      std::fprintf(stderr, "bauta: %s: there is no such command; see bauta --help\n", argv[1]);
      return 2;
    }
    std::fprintf(stderr, "bauta: %s; see bauta%s --help\n", error.what(),
                 chosen.empty() ? "" : (" " + chosen.front()->get_name()).c_str());
    return 2;
  } catch (const bauta::OutOfMemory& error) {
    problems.report(error.what() + ("; " + bauta::memory_advice(*program.get_subcommands().front(), true)));
  } catch (const std::bad_alloc&) {
    problems.report("out of memory; " + bauta::memory_advice(*program.get_subcommands().front(), false));
  } catch (const std::exception& error) {
    problems.report(error.what());
  }
  return 1;
}
