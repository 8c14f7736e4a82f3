// Code on a stack of its own that can stop anywhere and go on later, on the same host thread.
#pragma once

#include <cstddef>

#if !defined(__x86_64__) && !defined(EMULATOR_UCONTEXT)
#define EMULATOR_UCONTEXT
#endif
#ifdef EMULATOR_UCONTEXT
#include <ucontext.h>
#endif

namespace emulator {

class Fiber {
 public:
  using Main = void (*)(Fiber& self, void* argument);  // never returns

  Fiber(Main main, void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  void resume();   // from the host: goes on until it suspends itself
  void suspend();  // from the fiber: back to where resume was called

 private:
#ifdef EMULATOR_UCONTEXT
  using Saved = ucontext_t;
#else
  using Saved = void*;  // a stack pointer, with the registers to restore on top
#endif
  static void enter();

  Main main_;
  void* argument_;
  std::byte* mapping_;
  Saved here_{}, host_{};
  // What the sanitizers keep for a stack that is not running.
  void* fake_stack_ = nullptr;
  void* host_fake_stack_ = nullptr;
  const void* host_stack_ = nullptr;
  std::size_t host_stack_bytes_ = 0;
  void* tsan_ = nullptr;
  void* tsan_host_ = nullptr;
};

}  // namespace emulator
