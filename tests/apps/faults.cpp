// Faults for a program, loaded before it (LD_PRELOAD): what a full disk, a failing one, a file that others
// change and a clock that jumps look like to it. From the environment:
//
//   BAUTA_FAULT        CALLS:HOW:N  the N-th of these calls, and no other ("2"), or all from it on ("2+")
//                      CALLS: open (to read), create,write,read,fsync,close,rename,link,unlink,mkdir, one or
//                      more with commas HOW: a number of errno; or
//                        short     half of the bytes are written or read
//                        vanish    the file is removed first
//                        truncate  half of the file is cut off first
//                        change    some bytes in its middle are written over first
//                        swap      the file beside it with ".other" at the end of its name takes its place
//                        first
//   BAUTA_FAULT_UNDER  only files whose path begins so count
//   BAUTA_FAULT_LOG    a line is appended to this file for each fault
//   BAUTA_FAULT_CLOCK  set: the time of day jumps by years at every look, the monotonic clock forward by
//   hours
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

namespace {

template <typename Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

struct Plan {
  std::string calls, how, under = from_environment("BAUTA_FAULT_UNDER");
  long first = 0;
  bool and_later = false;

  Plan() {
    const std::string text = from_environment("BAUTA_FAULT");
    const auto one = text.find(':'), two = text.find(':', one + 1);
    if (one == text.npos || two == text.npos) return;
    calls = "," + text.substr(0, one) + ",";
    how = text.substr(one + 1, two - one - 1);
    first = std::strtol(text.c_str() + two + 1, nullptr, 10);
    and_later = text.back() == '+';
  }
};

const Plan& plan() {
  static const Plan one;
  return one;
}

std::string path_of(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = syscall(SYS_readlink, link.c_str(), path, sizeof path);
  return length < 0 ? std::string() : std::string(path, static_cast<std::size_t>(length));
}

void log_fault(const char* call, const std::string& path) {
  const std::string log = from_environment("BAUTA_FAULT_LOG"), line = std::string(call) + " " + path + "\n";
  const auto file = static_cast<int>(syscall(SYS_open, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644));
  if (file < 0) return;
  syscall(SYS_write, file, line.data(), line.size());
  syscall(SYS_close, file);
}

void disturb(const std::string& path) {
  const std::string& how = plan().how;
  if (how == "vanish") syscall(SYS_unlink, path.c_str());
  if (how == "swap") syscall(SYS_rename, (path + ".other").c_str(), path.c_str());
  if (how != "truncate" && how != "change") return;
  const auto file = static_cast<int>(syscall(SYS_open, path.c_str(), O_RDWR, 0));
  if (file < 0) return;
  const auto size = static_cast<off_t>(syscall(SYS_lseek, file, 0, SEEK_END));
  if (how == "truncate") syscall(SYS_ftruncate, file, size / 2);
  if (how == "change") syscall(SYS_pwrite64, file, "written by others", 17, size / 2);
  syscall(SYS_close, file);
}

// Whether this call fails, with errno set; or meets a file that was disturbed, or half of what it asks for.
enum class Fault { None, Fails, Half };

Fault fault(const char* call, const std::string& path) {
  const Plan& planned = plan();
  if (planned.first == 0 || planned.calls.find(std::string(",") + call + ",") == std::string::npos)
    return Fault::None;
  if (!path.starts_with(planned.under)) return Fault::None;
  static std::atomic<long> count{0};
  const long number = ++count;
  if (planned.and_later ? number < planned.first : number != planned.first) return Fault::None;
  log_fault(call, path);
  if (planned.how == "short") return Fault::Half;
  const int error = std::atoi(planned.how.c_str());
  if (error == 0) {
    disturb(path);
    return Fault::None;
  }
  errno = error;
  return Fault::Fails;
}

int open_file(const char* path, int flags, mode_t mode) {
  const char* const call = (flags & O_ACCMODE) == O_RDONLY ? "open" : "create";
  if (fault(call, path) == Fault::Fails) return -1;
  return static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode));
}

mode_t mode_in(int flags, std::va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

std::size_t half(std::size_t count) { return std::max<std::size_t>(1, count / 2); }

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_in(flags, arguments);
  va_end(arguments);
  return open_file(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_in(flags, arguments);
  va_end(arguments);
  return open_file(path, flags, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  const Fault met = fault("write", path_of(descriptor));
  if (met == Fault::Fails) return -1;
  return syscall(SYS_write, descriptor, bytes, met == Fault::Half ? half(count) : count);
}

ssize_t writev(int descriptor, const iovec* parts, int count) {
  if (fault("write", path_of(descriptor)) == Fault::Fails) return -1;
  return syscall(SYS_writev, descriptor, parts, count);
}

ssize_t read(int descriptor, void* into, size_t count) {
  const Fault met = fault("read", path_of(descriptor));
  if (met == Fault::Fails) return -1;
  return syscall(SYS_read, descriptor, into, met == Fault::Half ? half(count) : count);
}

ssize_t pread(int descriptor, void* into, size_t count, off_t offset) {
  const Fault met = fault("read", path_of(descriptor));
  if (met == Fault::Fails) return -1;
  return syscall(SYS_pread64, descriptor, into, met == Fault::Half ? half(count) : count, offset);
}

ssize_t pread64(int descriptor, void* into, size_t count, off64_t offset) {
  return pread(descriptor, into, count, offset);
}

int fsync(int descriptor) {
  if (fault("fsync", path_of(descriptor)) == Fault::Fails) return -1;
  return static_cast<int>(syscall(SYS_fsync, descriptor));
}

// Of files that were written.
int close(int descriptor) {
  const auto flags = static_cast<int>(syscall(SYS_fcntl, descriptor, F_GETFL));
  const bool written = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
  const Fault met = written ? fault("close", path_of(descriptor)) : Fault::None;
  const int error = errno;
  const auto closed = static_cast<int>(syscall(SYS_close, descriptor));
  if (met != Fault::Fails) return closed;
  errno = error;
  return -1;
}

int rename(const char* from, const char* to) {
  if (fault("rename", to) == Fault::Fails) return -1;
  return static_cast<int>(syscall(SYS_rename, from, to));
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned int flags) {
  if (fault("rename", to) == Fault::Fails) return -1;
  return static_cast<int>(syscall(SYS_renameat2, from_folder, from, to_folder, to, flags));
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) {
  if (fault("link", to) == Fault::Fails) return -1;
  return static_cast<int>(syscall(SYS_linkat, from_folder, from, to_folder, to, flags));
}

int unlink(const char* path) {
  if (fault("unlink", path) == Fault::Fails) return -1;
  return static_cast<int>(syscall(SYS_unlink, path));
}

int remove(const char* path) {
  if (fault("unlink", path) == Fault::Fails) return -1;
  return next<int(const char*)>("remove")(path);
}

int mkdir(const char* path, mode_t mode) {
  if (fault("mkdir", path) == Fault::Fails) return -1;
  return static_cast<int>(syscall(SYS_mkdir, path, mode));
}

int clock_gettime(clockid_t clock, timespec* now) {
  static const bool jumps = std::getenv("BAUTA_FAULT_CLOCK") != nullptr;
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  if (!jumps || result != 0) return result;
  static std::atomic<long> looks{0};
  constexpr long kHour = 3600, kYears = 24 * 365 * 5 * kHour;
  const long look = ++looks;
  if (clock == CLOCK_REALTIME) now->tv_sec += look % 2 == 0 ? kYears : -kYears;
  if (clock == CLOCK_MONOTONIC) now->tv_sec += look * kHour;
  return result;
}

time_t time(time_t* into) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (into) *into = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(timeval* now, void*) {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  *now = {exact.tv_sec, exact.tv_nsec / 1000};
  return 0;
}

}  // extern "C"
