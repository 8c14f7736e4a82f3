#include "apps/passphrase.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace bauta {
namespace {

constexpr std::size_t kMostBytes = 1024;

volatile std::sig_atomic_t caught_signal = 0;

void catch_signal(int number) { caught_signal = number; }

// The terminal, without an echo for as long as this lives. Signals that would end or stop the program have to
// wait until the echo is back.
class SilentTerminal {
 public:
  SilentTerminal() : descriptor_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    if (descriptor_ < 0 || ::tcgetattr(descriptor_, &before_) != 0) {
      if (descriptor_ >= 0) ::close(descriptor_);
      throw std::runtime_error(
          "passphrase: there is no terminal to ask for it on; pass it through --passphrase-fd N");
    }
    caught_signal = 0;
    struct sigaction action {};
    action.sa_handler = catch_signal;  // no SA_RESTART: the reading ends
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &actions_[i]);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(descriptor_, TCSAFLUSH, &silent);
  }
  ~SilentTerminal() {
    ::tcsetattr(descriptor_, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &actions_[i], nullptr);
    ::close(descriptor_);
    if (caught_signal != 0) ::raise(caught_signal);
  }
  SilentTerminal(const SilentTerminal&) = delete;
  SilentTerminal& operator=(const SilentTerminal&) = delete;

  int descriptor() const { return descriptor_; }
  void print(const std::string& text) const {
    // A terminal that cannot show the question can be answered all the same.
    [[maybe_unused]] const ssize_t written = ::write(descriptor_, text.data(), text.size());
  }

 private:
  static constexpr std::array kSignals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

  int descriptor_;
  termios before_{};
  std::array<struct sigaction, kSignals.size()> actions_{};
};

// A byte at a time: what follows the line belongs to others.
Passphrase read_line(int descriptor) {
  SecretBytes line(kMostBytes + 1);
  std::size_t size = 0;
  while (true) {
    const ssize_t count = ::read(descriptor, line.bytes().data() + size, 1);
    if (count < 0 && errno == EINTR && caught_signal == 0) continue;
    if (count < 0)
      throw std::runtime_error(std::string("passphrase: cannot be read (") + std::strerror(errno) +
                               "); check the descriptor");
    if (count == 0 || line.bytes()[size] == std::byte{'\n'}) break;
    if (++size > kMostBytes)
      throw std::runtime_error("passphrase: is longer than " + std::to_string(kMostBytes) +
                               " bytes; choose a shorter one, or a key file");
  }
  if (size == 0) throw std::runtime_error("passphrase: is empty; give one");
  line.truncate(size);
  return {std::move(line)};
}

void require_length(const Passphrase& passphrase) {
  if (passphrase.text.size() < kLeastNewPassphraseBytes)
    throw std::runtime_error("passphrase: is shorter than " + std::to_string(kLeastNewPassphraseBytes) +
                             " bytes, and easily guessed; choose several random words");
}

}  // namespace

Passphrase ask_passphrase(const std::string& question) {
  const SilentTerminal terminal;
  terminal.print(question + ": ");
  Passphrase passphrase = read_line(terminal.descriptor());
  terminal.print("\n");
  return passphrase;
}

Passphrase read_passphrase(int descriptor) { return read_line(descriptor); }

Passphrase ask_new_passphrase(const std::string& question) {
  Passphrase passphrase = ask_passphrase(question);
  require_length(passphrase);
  if (passphrase.text != ask_passphrase("The same again").text)
    throw std::runtime_error("passphrase: the two are not the same; try again");
  return passphrase;
}

Passphrase read_new_passphrase(int descriptor) {
  Passphrase passphrase = read_line(descriptor);
  require_length(passphrase);
  return passphrase;
}

}  // namespace bauta
