#include <algorithm>

#include "apps/manual/pages.h"

namespace bauta {
namespace {

// As roff prints it: hyphens stay what can be searched for and copied, and no line is taken for a macro.
std::string escaped(const std::string& text) {
  std::string roff;
  for (const char c : text) {
    if (c == '\\')
      roff += "\\e";
    else if (c == '-')
      roff += "\\-";
    else if ((c == '.' || c == '\'') && (roff.empty() || roff.back() == '\n'))
      roff += std::string("\\&") + c;
    else
      roff += c;
  }
  return roff;
}

// On lines of at most 80 characters, as roff likes its text.
std::string prose(const std::string& text) {
  constexpr std::size_t kWidest = 80;
  std::string lines;
  std::size_t column = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = escaped(text.substr(begin, end - begin));
    const bool fits = column == 0 || column + 1 + word.size() <= kWidest;
    if (column > 0) lines += fits ? ' ' : '\n';
    lines += word;
    column = (fits && column > 0 ? column + 1 : 0) + word.size();
    begin = end + 1;
  }
  return lines;
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + escaped(text) + "\\fR"; }

std::string sentence(std::string text) {
  if (!text.empty() && text.back() != '.') text += '.';
  return text;
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + bold(word);
  return text;
}

std::string value_of(const OptionFacts& option) {
  return option.choices.empty() ? italic(option.value) : joined(option.choices, "|");
}

std::string entry_of(const OptionFacts& option) {
  std::string text = ".TP\n" + joined(option.names, ", ");
  if (!option.value.empty()) text += (option.names.empty() ? "" : " ") + value_of(option);
  text += "\n" + prose(sentence(option.what)) + "\n";
  if (option.required && !option.names.empty()) text += "Required.\n";
  if (!option.range.empty()) text += escaped(sentence("From " + option.range)) + "\n";
  if (!option.usual.empty() && !option.value.empty())
    text += escaped("The default is " + option.usual + ".") + "\n";
  if (!option.excludes.empty()) text += "Not together with " + joined(option.excludes, ",\n") + ".\n";
  return text;
}

// "Example:\n  bauta …"
std::string example_of(const CLI::App& command) {
  const std::string footer = command.get_footer();
  const std::size_t line = footer.find("\n  ");
  return line == footer.npos ? "" : footer.substr(line + 3);
}

std::string command_section(const CLI::App& command) {
  std::string text = ".SS " + escaped(command.get_name()) + "\n" +
                     prose(sentence(command.get_description())) + "\n.PP\n" +
                     bold("bauta " + command.get_name()) + " [" + italic("OPTIONS") + "]";
  for (const OptionFacts& argument : arguments_of(command))
    text += " " + italic(argument.value) + (argument.repeated ? "..." : "");
  text += "\n";
  for (const OptionFacts& argument : arguments_of(command)) text += entry_of(argument);
  for (const OptionFacts& option : options_of(command)) text += entry_of(option);
  if (const std::string example = example_of(command); !example.empty())
    text += ".PP\nExample:\n.PP\n.RS\n.nf\n" + escaped(example) + "\n.fi\n.RE\n";
  return text;
}

constexpr const char* kBeforeOptions = R"(.SH DESCRIPTION
Takes the faces out of photographs and, for whoever holds the key or the second
network, puts them back. Nothing that exists is overwritten without
.BR \-\-force ,
and what is written appears under its final name only when it is complete.
.SH OPTIONS
)";

constexpr const char* kAfterCommands = R"(.SH EXIT STATUS
.TP
.B 0
All that was asked is done.
.TP
.B 1
Something is not. Each such thing is one line on standard error that says what
is wrong and what to do; everything else was done.
.TP
.B 2
The command line is wrong.
.SH ENVIRONMENT
.TP
.B BAUTA_MODELS
The folder of the models that come with bauta, instead of
.I share/bauta/models
beside the program's folder.
.TP
.BR OMP_WAIT_POLICY ", " GOMP_SPINCOUNT
How threads wait for one another. Where neither is set, bauta has them sleep
after some microseconds, which helps where the machine has other work too.
.TP
.BR CUDA_VISIBLE_DEVICES
Which of NVIDIA's cards may be used.
.SH FILES
.TP
.I share/bauta/models
The default model, and in
.I fetched
the public networks that find faces and judge.
)";

}  // namespace

std::string man_page(const CLI::App& program, const std::string& version, const std::string& date) {
  const std::string what = program.get_description();
  std::string text = ".\\\" Made of the program's command line: apps/manual\n.TH BAUTA 1 " + date +
                     " \"bauta " + version + "\" \"User Commands\"\n.SH NAME\nbauta \\- " +
                     escaped(what.substr(what.find(": ") + 2)) + "\n.SH SYNOPSIS\n.B bauta\n.I COMMAND\n[" +
                     italic("OPTIONS") + "] " + italic("ARGUMENT") + "...\n" + kBeforeOptions;
  for (const OptionFacts& option : options_of(program)) text += entry_of(option);
  text += ".SH COMMANDS\n";
  for (const CLI::App* command : commands_of(program)) text += command_section(*command);
  text += kAfterCommands;
  text += ".SH EXAMPLES\n.nf\n" + escaped(example_of(program)) + "\n.fi\n";
  return text;
}

}  // namespace bauta
