// bauta_manual FOLDER DATE: writes the manual page and the shells' completions there. Run by the build.
#include <cstdio>
#include <exception>
#include <filesystem>

#include "apps/command.h"
#include "apps/manual/pages.h"
#include "cyclegan/version.h"
#include "io/atomic_file.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "bauta_manual: usage: bauta_manual FOLDER DATE\n");
    return 2;
  }
  try {
    CLI::App program;
    int exit_code = 0;
    bauta::make_program(program, exit_code);
    const std::filesystem::path folder = argv[1];
    std::filesystem::create_directories(folder);
    const auto write = [&](const char* name, const std::string& text) {
      bauta::write_file_atomically(folder / name, text, true);
    };
    write("bauta.1", bauta::man_page(program, bauta::kVersion, argv[2]));
    write("bauta.bash", bauta::bash_completion(program));
    write("_bauta", bauta::zsh_completion(program));
    write("bauta.fish", bauta::fish_completion(program));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bauta_manual: %s\n", error.what());
    return 1;
  }
}
