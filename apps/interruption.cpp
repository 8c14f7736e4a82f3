#include "apps/interruption.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <initializer_list>
#include <system_error>

namespace bauta {
namespace {

volatile std::sig_atomic_t interrupted = 0;
volatile std::sig_atomic_t event = -1;

void note(int) {
  interrupted = 1;
  const int error = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(event, &one, sizeof one);
  errno = error;
}

}  // namespace

Interruption::Interruption() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_.open())
    throw std::system_error(errno, std::generic_category(), "no event to be interrupted by");
  event = event_.number();
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    // Who started us in the background may have said that we are to ignore it.
    if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

Interruption::~Interruption() {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction now {};
    sigaction(signal, nullptr, &now);
    if (now.sa_handler == note) std::signal(signal, SIG_DFL);
  }
  event = -1;
}

bool Interruption::asked() { return interrupted != 0; }

}  // namespace bauta
