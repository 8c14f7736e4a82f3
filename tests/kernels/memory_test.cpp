#include "kernels/memory.h"

#include <numeric>

#include "tests/kernels/kernel_helpers.h"

using namespace bauta;
using namespace bauta::test;

TEST_CASE("memory: small copies arrive together, however many there are and however large") {
  on_every_backend([](const Context& ctx) {
    constexpr std::uint8_t kSentinel = 0xa5;
    const std::vector<std::size_t> sizes = {1, 8, 0, 3, 3000, 72, 7001, 5, 5, 5,
                                            5, 5, 5, 5, 5,    5,  5,    5, 5, 5};
    const std::size_t total = std::accumulate(sizes.begin(), sizes.end(), sizes.size());
    const auto place = lend(std::vector<std::uint8_t>(total, kSentinel));
    std::vector<std::vector<std::uint8_t>> sources;
    std::vector<SmallCopy> copies;
    std::vector<std::uint8_t> expected(total, kSentinel);
    std::size_t at = 0;
    for (const std::size_t size : sizes) {  // a byte between them, so at any address
      auto& source = sources.emplace_back(size);
      for (std::size_t i = 0; i < size; ++i)
        expected[at + i] = source[i] = static_cast<std::uint8_t>(at + 7 * i);
      copies.push_back({place.data() + at, source.data(), size});
      at += size + 1;
    }
    ctx.backend().copy_in_together(copies, ctx);
    for (auto& source : sources) std::ranges::fill(source, std::uint8_t{0});  // may be reused at once
    CHECK(place.values() == expected);
    CHECK_NOTHROW(ctx.backend().copy_in_together({}, ctx));
  });
}

TEST_CASE("memory: a copy out that is queued is there once it was waited for") {
  on_every_backend([](const Context& ctx) {
    const Backend& backend = ctx.backend();
    const auto from = lend(std::vector<float>{1, 2, 3});
    auto* const to = static_cast<float*>(backend.allocate_pinned(3 * sizeof(float)));
    backend.queue_copy_out(to, from.data(), 3 * sizeof(float), ctx);
    backend.synchronize(ctx);
    CHECK(std::vector<float>(to, to + 3) == std::vector<float>{1, 2, 3});
    backend.release_pinned(to);
  });
}
