// On a CPU work is done when its call returns, so there is nothing to order, and nothing to capture.
#include "kernels/streams.h"

#include "kernels/check.h"

namespace bauta::BAUTA_BACKEND {

namespace {

[[noreturn, gnu::always_inline]] inline void refuse(const char* operation) {
  fail_check(operation, "the backend has graphs", __FILE__, __LINE__,
             "a CPU's work cannot be captured; see Backend::graphs");
}

}  // namespace

CUstream_st* make_stream() { return nullptr; }
void release_stream(CUstream_st*) noexcept {}
void wait_for(const Context&, const Context&) {}
void synchronize(const Context&) {}
void begin_capture(const Context&) { refuse(__func__); }
CUgraphExec_st* end_capture(const Context&) { refuse(__func__); }
void abandon_capture(const Context&) noexcept {}
void replay(CUgraphExec_st*, const Context&) { refuse(__func__); }
void release_graph(CUgraphExec_st*) noexcept {}

}  // namespace bauta::BAUTA_BACKEND
