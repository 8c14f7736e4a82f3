#include "io/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

extern char** environ;

namespace bauta {
namespace {

constexpr std::size_t kLongestLine = 400;
constexpr const char* kRepeated = "    Last message repeated";  // ffmpeg's, which says nothing by itself

struct Pipe {
  Descriptor read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::system_error(errno, std::generic_category(), "no pipe to another program");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// posix_spawn's lists, which have to be given back.
class Actions {
 public:
  Actions() { posix_spawn_file_actions_init(&actions_); }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  void give(int ours, int theirs) { posix_spawn_file_actions_adddup2(&actions_, ours, theirs); }
  void open_nothing(int theirs, int flags) {
    posix_spawn_file_actions_addopen(&actions_, theirs, "/dev/null", flags, 0);
  }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// Signals as they are by default, for whoever ignores SIGPIPE would hand that on; and a process group of its
// own.
class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

// Above every number that a child has something under, so that no dup2 overwrites what a later one reads.
Descriptor out_of_the_way(int descriptor) {
  constexpr int kBeyond = 64;
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, kBeyond);
  if (copy < 0) throw std::system_error(errno, std::generic_category(), "no descriptor for another program");
  return Descriptor(copy);
}

}  // namespace

ChildProcess::ChildProcess(const Setup& setup) {
  Pipe in, out, errors = make_pipe();
  Actions actions;
  std::vector<Descriptor> copies;
  const auto give = [&](int ours, int theirs) {
    copies.push_back(out_of_the_way(ours));
    actions.give(copies.back().number(), theirs);
  };
  if (setup.fed) {
    in = make_pipe();
    give(in.read.number(), STDIN_FILENO);
  } else {
    actions.open_nothing(STDIN_FILENO, O_RDONLY);
  }
  if (setup.heard) {
    out = make_pipe();
    give(out.write.number(), STDOUT_FILENO);
  } else {
    actions.open_nothing(STDOUT_FILENO, O_WRONLY);
  }
  give(errors.write.number(), STDERR_FILENO);
  for (const auto& [ours, theirs] : setup.given) give(ours, theirs);

  std::vector<char*> arguments;
  for (const std::string& argument : setup.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const Attributes attributes;
  const int error =
      ::posix_spawnp(&id_, arguments.front(), actions.get(), attributes.get(), arguments.data(), environ);
  if (error == ENOENT)
    throw ProgramMissing(setup.arguments.front() +
                         ": is not installed; install it (Debian: apt-get install ffmpeg)");
  if (error != 0)
    throw std::runtime_error(setup.arguments.front() + ": cannot be started (" +
                             std::generic_category().message(error) + "); free some memory or processes");
  input_ = std::move(in.write);
  output_ = std::move(out.read);
  errors_ = std::move(errors.read);
  listener_ = std::jthread([this] { listen(); });
}

// Keeps the last line that is not empty, so that a child that complains without end takes no memory.
void ChildProcess::listen() {
  std::string line;
  std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t count = ::read(errors_.number(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    for (const char c : std::span(bytes).first(static_cast<std::size_t>(count))) {
      if (c == '\n' || c == '\r') {
        if (!line.empty() && !line.starts_with(kRepeated)) said_ = line;
        line.clear();
      } else if (line.size() < kLongestLine) {
        line += c;
      }
    }
  }
  if (!line.empty()) said_ = line;
}

ChildProcess::End ChildProcess::wait(int stop) {
  input_.close();
  output_.close();
  if (stop >= 0) {
    // Where the kernel has no such descriptor, nothing stops the waiting.
    const Descriptor ended(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
    if (ended.open()) wait_for(ended.number(), stop);
  }
  int status = 0;
  while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
  }
  id_ = -1;
  if (listener_.joinable()) listener_.join();
  End end;
  end.well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  end.how = WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                                : "exit code " + std::to_string(WEXITSTATUS(status));
  end.said = said_;
  return end;
}

ChildProcess::~ChildProcess() {
  if (id_ < 0) return;
  ::kill(id_, SIGKILL);
  wait();
}

}  // namespace bauta
