// What is made of the program's command line, CLI11's tree of it: the manual page and the shells'
// completions. One source: an option that is added to a command is in all of them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace bauta {

// An option or argument as a manual and a shell see it.
struct OptionFacts {
  std::vector<std::string> names;    // "--out", "-h"; empty for an argument
  std::string value;                 // what it takes ("FILE", "auto|cpu|cuda"); empty: nothing
  std::vector<std::string> choices;  // where it takes one of a few words
  std::string usual;                 // its default; empty: none
  std::string range;                 // "1 to 1000"; empty: not a number of a range
  std::string what;
  bool required = false, repeated = false;
  std::vector<std::string> excludes;
};
std::vector<OptionFacts> options_of(const CLI::App& command);    // in the order of --help
std::vector<OptionFacts> arguments_of(const CLI::App& command);  // without names

// The subcommands that a user may call, in the order of --help.
std::vector<const CLI::App*> commands_of(const CLI::App& program);

// In man(7)'s macros. date: "2026-11-30".
std::string man_page(const CLI::App& program, const std::string& version, const std::string& date);

std::string bash_completion(const CLI::App& program);
std::string zsh_completion(const CLI::App& program);
std::string fish_completion(const CLI::App& program);

}  // namespace bauta
