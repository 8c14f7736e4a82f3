// The memory that a backend's kernels work in: the machine's own for the CPU, the card's for CUDA.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/launcher.h"

namespace bauta {

// Bytes on their way from the program's memory to a backend's.
struct SmallCopy {
  void* to;
  const void* from;
  std::size_t bytes;
};

}  // namespace bauta

namespace bauta::BAUTA_BACKEND {

// 256-byte aligned, contents undefined. Throws std::bad_alloc on the CPU, OutOfMemory on a card, saying how
// much was asked for and how much is free, and CheckError when CUDA refuses for another reason.
void* allocate(std::size_t bytes);
void release(void* memory) noexcept;  // null is nothing to do
// The program's memory, but pinned, so that the card fetches it by itself; plain memory on a CPU. Alignment,
// contents and errors as above.
void* allocate_pinned(std::size_t bytes);
void release_pinned(void* memory) noexcept;  // null is nothing to do

// Between the backend's memory and the program's, and within the backend's (no overlap), in the order of the
// context's stream. copy_out waits until the bytes are there. copy_in from pinned memory runs beside the
// program: the source must stay as it is until the stream has passed the copy. From other memory the source
// may be reused at once. Throw CheckError when CUDA refuses.
void copy_in(void* to, const void* from, std::size_t bytes, const Context& ctx);
void copy_out(void* to, const void* from, std::size_t bytes, const Context& ctx);
// Several small values to as many places, in one launch for each 3 KiB or 16 of them, whose arguments they
// are: the sources may be reused at once, pinned or not, and nothing is waited for.
void copy_in_together(std::span<const SmallCopy> copies, const Context& ctx);
// As copy_out, to pinned memory and without waiting: the bytes are there when the context was waited for.
void queue_copy_out(void* to, const void* from, std::size_t bytes, const Context& ctx);
void copy_within(void* to, const void* from, std::size_t bytes, const Context& ctx);
void fill_zero(void* memory, std::size_t bytes, const Context& ctx);

}  // namespace bauta::BAUTA_BACKEND
