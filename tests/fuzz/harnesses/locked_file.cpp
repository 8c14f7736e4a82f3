// Locked files, under a key of which nobody else knows: whatever opens was closed by it.
#include "io/locked_file.h"

#include <array>

#include "io/locked_header.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bauta;
  static const std::array<std::byte, SecretKey::kBytes> zeros{};  // the seeds' key
  const fuzz::InputAsSource file(data, size);
  fuzz::accepts([&] {
    const LockedHeader header = read_locked_header(file);
    fuzz::require(!header.ways.empty() && header.ways.size() <= kMostWaysToOpen, "1 to 64 ways");
    for (const Way& way : header.ways)
      if (way.kind == WayKind::Passphrase) fuzz::require(is_allowed(cost_of(way)), "costs are bounded");
    fuzz::require(header.bytes().size() <= size, "a header is no longer than its file");
  });
  fuzz::accepts([&] {
    const UnlockedFile content(file, SecretKey::from_bytes(zeros));
    fuzz::require(content.size() < size, "a content is shorter than its file");
  });
  return 0;
}
