#include <algorithm>
#include <regex>

#include "apps/manual/pages.h"

namespace bauta {
namespace {

// "TEXT:{haar,yunet}", "INT:INT in [1 - 1000]": CLI11's words for what a value must be.
void read_type(const std::string& type, OptionFacts& facts) {
  static const std::regex kChoices(R"(\{([^}]*)\})"), kRange(R"(in \[(\S+) - (\S+)\])");
  std::smatch found;
  if (std::regex_search(type, found, kChoices)) {
    std::string words = found[1];
    for (std::size_t begin = 0; begin <= words.size();) {
      const std::size_t end = std::min(words.find(',', begin), words.size());
      facts.choices.push_back(words.substr(begin, end - begin));
      facts.value += (facts.value.empty() ? "" : "|") + facts.choices.back();
      begin = end + 1;
    }
    return;
  }
  facts.value = type.substr(0, type.find(':'));
  if (std::regex_search(type, found, kRange)) facts.range = found[1].str() + " to " + found[2].str();
}

OptionFacts facts_of(const CLI::Option& option) {
  OptionFacts facts;
  for (const std::string& name : option.get_lnames()) facts.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) facts.names.push_back("-" + name);
  facts.what = option.get_description();
  facts.required = option.get_required();
  facts.repeated = option.get_items_expected_max() > 1 ||
                   option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  facts.usual = option.get_default_str();
  for (const CLI::Option* other : option.get_excludes()) facts.excludes.push_back(other->get_name());
  std::ranges::sort(facts.excludes);
  if (option.get_type_size() != 0) read_type(option.get_type_name(), facts);
  return facts;
}

std::vector<OptionFacts> facts_where(const CLI::App& command, bool positional) {
  std::vector<OptionFacts> all;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty() || option->get_positional() != positional) continue;
    all.push_back(facts_of(*option));
    if (positional) all.back().value = option->get_name(true);
  }
  return all;
}

}  // namespace

std::vector<OptionFacts> options_of(const CLI::App& command) { return facts_where(command, false); }
std::vector<OptionFacts> arguments_of(const CLI::App& command) { return facts_where(command, true); }

std::vector<const CLI::App*> commands_of(const CLI::App& program) {
  std::vector<const CLI::App*> commands;
  for (const CLI::App* command : program.get_subcommands({}))
    if (!command->get_group().empty()) commands.push_back(command);
  return commands;
}

}  // namespace bauta
