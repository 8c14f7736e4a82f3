#include <algorithm>

#include "apps/manual/pages.h"

namespace bauta {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string names_of(const std::vector<OptionFacts>& options) {
  std::vector<std::string> names;
  for (const OptionFacts& option : options)
    names.insert(names.end(), option.names.begin(), option.names.end());
  return joined(names);
}

bool takes_number(const OptionFacts& option) {
  return option.value == "INT" || option.value == "UINT" || option.value == "FLOAT";
}

// The first clause of a description, for a menu.
std::string brief(const std::string& what) {
  return what.substr(0, std::min({what.find("; "), what.find(": "), what.size()}));
}

// Inside single quotes of a POSIX shell or zsh, which end for a quote's sake and begin again.
std::string inside_quotes(const std::string& text) {
  std::string safe;
  for (const char c : text) safe += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return safe;
}

std::string quoted(const std::string& text) { return "'" + inside_quotes(text) + "'"; }

}  // namespace

std::string bash_completion(const CLI::App& program) {
  std::string commands, cases;
  for (const CLI::App* command : commands_of(program)) {
    const std::vector<OptionFacts> options = options_of(*command);
    commands += " " + command->get_name();
    cases += "    " + command->get_name() + ")\n      options=" + quoted(names_of(options)) +
             "\n      case $previous in\n";
    for (const OptionFacts& option : options) {
      if (option.value.empty()) continue;
      std::string names = joined(option.names);
      std::ranges::replace(names, ' ', '|');
      cases += "        " + names + ") ";
      if (!option.choices.empty())
        cases += "words=" + quoted(joined(option.choices));
      else
        cases += takes_number(option) ? "values=none" : "values=files";
      cases += " ;;\n";
    }
    cases += "      esac ;;\n";
  }
  return R"(# bash completion for bauta. Made of the program's command line: apps/manual

_bauta() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}
  local command='' options='' words='' values='' word
  COMPREPLY=()
  # bash cuts "--option=value" in three.
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' && COMP_CWORD -ge 2 ]]; then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != -* ]]; then
      command=$word
      break
    fi
  done
  case $command in
    '') options=)" +
         quoted(names_of(options_of(program))) + "\n      words=" + quoted(commands.substr(1)) + " ;;\n" +
         cases +
         R"(  esac
  if [[ $current == -* && -z $values ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
  elif [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  elif [[ $values != none && -n $command ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    compopt -o filenames 2>/dev/null
  fi
}
complete -F _bauta bauta
)";
}

std::string zsh_completion(const CLI::App& program) {
  // What stands between brackets and colons of _arguments.
  const auto plain = [](std::string text) {
    std::erase_if(text, [](char c) { return std::string_view("[]:\\").find(c) != std::string_view::npos; });
    return inside_quotes(text);
  };
  std::string menu, cases;
  for (const CLI::App* command : commands_of(program)) {
    menu += "    '" + command->get_name() + ":" + plain(brief(command->get_description())) + "'\n";
    cases += "        " + command->get_name() + ")\n          _arguments \\\n";
    for (const OptionFacts& option : options_of(*command)) {
      std::string value;
      if (!option.choices.empty())
        value = ":value:(" + joined(option.choices) + ")";
      else if (!option.value.empty())
        value = takes_number(option) ? ":number: " : ":file:_files";
      for (const std::string& name : option.names)
        cases += std::string("            '") + (option.repeated ? "*" : "") + name + "[" +
                 plain(brief(option.what)) + "]" + value + "' \\\n";
    }
    cases += "            '*:file:_files' ;;\n";
  }
  return "#compdef bauta\n# Made of the program's command line: apps/manual\n\n_bauta() {\n  local -a "
         "commands\n"
         "  commands=(\n" +
         menu +
         "  )\n  local curcontext=$curcontext state line\n  _arguments -C '--help[print the help and exit]' "
         "'--version[print versions and exit]' '1: :->command' '*:: :->arguments'\n  case $state in\n"
         "    command) _describe command commands ;;\n    arguments)\n      case $words[1] in\n" +
         cases + "      esac ;;\n  esac\n}\n\n_bauta \"$@\"\n";
}

std::string fish_completion(const CLI::App& program) {
  std::string names;
  for (const CLI::App* command : commands_of(program)) names += " " + command->get_name();
  const std::string none = quoted("not __fish_seen_subcommand_from" + names);
  std::string text = "# Made of the program's command line: apps/manual\n\ncomplete -c bauta -n " + none +
                     " -f -l help -d 'Print the help and exit'\ncomplete -c bauta -n " + none +
                     " -f -l version -d 'Print versions and exit'\n";
  for (const CLI::App* command : commands_of(program)) {
    text += "complete -c bauta -n " + none + " -f -a " + command->get_name() + " -d " +
            quoted(brief(command->get_description())) + "\n";
    for (const OptionFacts& option : options_of(*command)) {
      text += "complete -c bauta -n '__fish_seen_subcommand_from " + command->get_name() + "'";
      for (const std::string& name : option.names)
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (!option.choices.empty())
        text += " -x -a " + quoted(joined(option.choices));
      else if (!option.value.empty())
        text += takes_number(option) ? " -x" : " -r -F";
      text += " -d " + quoted(brief(option.what)) + "\n";
    }
  }
  return text;
}

}  // namespace bauta
