// A program run beside this one, without a shell: what it is told are its arguments, whatever they hold. It
// has a process group of its own: what a terminal's Ctrl-C means to it is for this program to decide.
#pragma once

#include <sys/types.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "io/descriptor.h"

namespace bauta {

class ChildProcess {
 public:
  struct Setup {
    std::vector<std::string> arguments;  // the first is the program, looked for in PATH
    bool fed = false;                    // its standard input is a pipe from us; else it is empty
    bool heard = false;                  // its standard output is a pipe to us; else nobody's
    std::vector<std::pair<int, int>>
        given;  // descriptors of ours, and the numbers (3 and up) it has them under
  };
  // Throws ProgramMissing, or std::runtime_error where the system has no room for it.
  explicit ChildProcess(const Setup& setup);
  // A child that has not been waited for is ended.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  int input() const { return input_.number(); }
  int output() const { return output_.number(); }
  // Tells the child that nothing more comes.
  void close_input() { input_.close(); }

  struct End {
    bool well = false;  // exit code 0
    std::string how;    // "exit code 1", "signal 9"
    std::string said;   // the last line on its standard error, shortened; empty: none
  };
  // Until it has ended, once. Read its output first; its input is closed. Throws Stopped once there is
  // something to read from `stop` (io/descriptor.h).
  End wait(int stop = -1);

 private:
  void listen();

  Descriptor input_, output_, errors_;
  pid_t id_ = -1;
  std::string said_;
  std::jthread listener_;
};

// A program that is not there. what(): "NAME: is not installed; WHAT TO DO".
class ProgramMissing : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace bauta
