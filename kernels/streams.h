// Queues of work that run beside each other, and work that is captured once as a graph and then replayed.
//
//   begin_capture(main);
//   wait_for(side, main);   // fork: side takes part in the capture from now on
//   ...                     // kernels and copies on both
//   wait_for(main, side);   // join: required before the end
//   graph = end_capture(main);
//   replay(graph, main);    // as often as one likes; what it reads and writes stays where it was
//
// While a context is captured, its thread may not allocate or release, wait for the card, copy from or to
// memory that is not pinned, or queue anything on a context that takes no part. A context is made and has run
// the same work once before, so that its scratch memory is there; who keeps the graph keeps that too
// (Context::scratch).
#pragma once

#include "kernels/launcher.h"

struct CUgraphExec_st;  // what CUDA's cudaGraphExec_t points to

namespace bauta::BAUTA_BACKEND {

// A queue of its own, which runs beside all others, the default stream too; null on a CPU, whose one queue is
// the calling thread. Throws CheckError when CUDA refuses, as do all below that are not noexcept.
CUstream_st* make_stream();
void release_stream(CUstream_st* stream) noexcept;  // null is nothing to do

// What `later` is given from now on begins when all that `earlier` was given so far is done.
void wait_for(const Context& later, const Context& earlier);
// The calling thread waits until all that was queued is done.
void synchronize(const Context& ctx);

// Graphs, where Backend::graphs says that there are any; else begin_capture, end_capture and replay throw
// CheckError. What is queued on the context's stream, which may not be the default stream, and on those that
// wait for it, is not run but becomes a graph.
void begin_capture(const Context& ctx);
CUgraphExec_st* end_capture(const Context& ctx);
void abandon_capture(const Context& ctx) noexcept;  // when the work threw half-way; else nothing to do
// Queues the graph's work, all of it after what was queued on the context and before what will be.
void replay(CUgraphExec_st* graph, const Context& ctx);
void release_graph(CUgraphExec_st* graph) noexcept;  // null is nothing to do

}  // namespace bauta::BAUTA_BACKEND
