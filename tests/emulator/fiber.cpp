#include "tests/emulator/fiber.h"

#include <sys/mman.h>

#include <utility>

#include "tests/emulator/sanitizers.h"

#ifndef EMULATOR_UCONTEXT
// Pushes the registers that a call must preserve, exchanges stacks, pops the other's. A jump at the end,
// since a processor predicts that `ret` goes back to the caller.
extern "C" void bauta_emulator_switch(void** save, void* load);
asm(R"(
.text
.globl bauta_emulator_switch
.type bauta_emulator_switch,@function
bauta_emulator_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmpq *%rcx
.size bauta_emulator_switch,.-bauta_emulator_switch
)");
#endif

namespace emulator {

namespace {

constexpr std::size_t kStackBytes = 256 << 10, kGuardBytes = 4096;

constinit thread_local Fiber* entering = nullptr;

}  // namespace

Fiber::Fiber(Main main, void* argument) : main_(main), argument_(argument) {
  void* mapping = mmap(nullptr, kGuardBytes + kStackBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) throw Error("the emulator finds no memory for a stack");
  mapping_ = static_cast<std::byte*>(mapping);
  mprotect(mapping_, kGuardBytes, PROT_NONE);  // a kernel that needs more stack stops there
#ifdef EMULATOR_UCONTEXT
  getcontext(&here_);
  here_.uc_stack.ss_sp = mapping_ + kGuardBytes;
  here_.uc_stack.ss_size = kStackBytes;
  makecontext(&here_, &Fiber::enter, 0);
#else
  // Stacks begin at different offsets in their pages, or they would all compete for the same cache lines.
  static constinit thread_local std::size_t created = 0;
  const std::size_t offset = created++ % 32 * 128;
  void** top = reinterpret_cast<void**>(mapping_ + kGuardBytes + kStackBytes - offset);
  *--top = nullptr;                                 // where enter() would return to
  *--top = reinterpret_cast<void*>(&Fiber::enter);  // where the first switch returns to
  for (int i = 0; i < 6; ++i) *--top = nullptr;     // the registers
  here_ = top;
#endif
#ifdef EMULATOR_ASAN
  __asan_unpoison_memory_region(mapping_, kGuardBytes + kStackBytes);  // from an earlier life
#endif
#ifdef EMULATOR_TSAN
  tsan_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
#ifdef EMULATOR_TSAN
  __tsan_destroy_fiber(tsan_);
#endif
  munmap(mapping_, kGuardBytes + kStackBytes);
}

void Fiber::enter() {
  Fiber& self = *std::exchange(entering, nullptr);
#ifdef EMULATOR_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &self.host_stack_, &self.host_stack_bytes_);
#endif
  self.main_(self, self.argument_);
}

void Fiber::resume() {
  entering = this;
#ifdef EMULATOR_ASAN
  __sanitizer_start_switch_fiber(&host_fake_stack_, mapping_ + kGuardBytes, kStackBytes);
#endif
#ifdef EMULATOR_TSAN
  tsan_host_ = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(tsan_, __tsan_switch_to_fiber_no_sync);
#endif
#ifdef EMULATOR_UCONTEXT
  swapcontext(&host_, &here_);
#else
  bauta_emulator_switch(&host_, here_);
#endif
#ifdef EMULATOR_ASAN
  __sanitizer_finish_switch_fiber(host_fake_stack_, nullptr, nullptr);
#endif
}

void Fiber::suspend() {
#ifdef EMULATOR_ASAN
  __sanitizer_start_switch_fiber(&fake_stack_, host_stack_, host_stack_bytes_);
#endif
#ifdef EMULATOR_TSAN
  __tsan_switch_to_fiber(tsan_host_, __tsan_switch_to_fiber_no_sync);
#endif
#ifdef EMULATOR_UCONTEXT
  swapcontext(&here_, &host_);
#else
  bauta_emulator_switch(&here_, host_);
#endif
#ifdef EMULATOR_ASAN
  __sanitizer_finish_switch_fiber(fake_stack_, &host_stack_, &host_stack_bytes_);
#endif
}

}  // namespace emulator
