// The border between C and C++: exceptions become a status and this thread's message, arguments are checked.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "apps/capi/bauta.h"

namespace bauta::capi {

// A call that fails with this status, not with the one that its exception's type stands for.
struct Failure : std::runtime_error {
  Failure(bauta_status code, const std::string& message) : std::runtime_error(message), status(code) {}
  bauta_status status;
};

// "FUNCTION: what is wrong".
[[noreturn]] void refuse(const std::string& what);
inline void require(bool condition, const std::string& what) {
  if (!condition) refuse(what);
}

// Runs the work; what it throws becomes the status and bauta_last_error(). `function`: what was called.
bauta_status guarded(const char* function, const std::function<void()>& work) noexcept;

// The same for work that makes a handle: on failure *handle is null.
template <class Handle>
bauta_status making(const char* function, Handle** handle,
                    const std::function<std::unique_ptr<Handle>()>& work) noexcept {
  if (handle) *handle = nullptr;
  return guarded(function, [&] {
    require(handle != nullptr, "there is no place for the handle");
    *handle = work().release();
  });
}

// What the caller's structure says, in this library's; all defaults where it is null. Throws for one with
// fields set that this library does not know, or without struct_size.
template <class Options>
Options options_from(const Options* given) {
  Options known{};
  known.struct_size = sizeof known;
  if (!given) return known;
  const std::size_t size = given->struct_size;
  require(size >= sizeof given->struct_size,
          "struct_size is not set; begin the structure with its BAUTA_..._INIT");
  constexpr std::size_t kMostBytes = 4096;
  require(size <= kMostBytes, "struct_size is no structure's of bauta.h; begin it with its BAUTA_..._INIT");
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  const std::size_t shared = std::min(size, sizeof known);
  std::memcpy(&known, given, shared);
  known.struct_size = sizeof known;
  require(std::all_of(bytes + shared, bytes + size, [](unsigned char byte) { return byte == 0; }),
          "a field is set that this library does not know; use a newer libbauta");
  return known;
}

// The path or text; empty where it is null.
inline std::string text_from(const char* text) { return text ? text : ""; }

}  // namespace bauta::capi
