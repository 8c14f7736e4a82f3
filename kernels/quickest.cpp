#include "kernels/quickest.h"

#include <exception>
#include <memory>
#include <stdexcept>

#include "kernels/backend.h"
#include "kernels/check.h"

namespace bauta {

namespace {

// More than timings vary.
constexpr double kClearlyQuicker = 0.97;

}  // namespace

std::optional<Quickest> quickest(const Context& ctx, std::span<const std::size_t> bytes,
                                 const std::function<double(std::size_t index, void* memory)>& seconds) {
  const Backend& backend = ctx.backend();
  std::optional<Quickest> best;
  std::exception_ptr failure;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    try {
      const std::unique_ptr<void, void (*)(void*) noexcept> memory(backend.allocate(bytes[i]),
                                                                   backend.release);
      const double its = seconds(i, memory.get());
      if (!best || its < best->seconds * kClearlyQuicker) best = {i, its};
    } catch (const std::runtime_error&) {  // a way that does not run is none, unless there is no other
      failure = std::current_exception();
    } catch (const OutOfMemory&) {  // nor is one whose memory finds no room
      failure = std::current_exception();
    }
  }
  if (!best && failure) std::rethrow_exception(failure);
  return best;
}

}  // namespace bauta
