#include "bench/dry_run.h"

#include <sys/mman.h>

#include <array>
#include <concepts>
#include <cstring>
#include <new>
#include <sstream>
#include <unordered_map>

namespace bauta {

namespace {

DryRun* running = nullptr;

// ---- memory: addresses without anything behind them

std::unordered_map<void*, std::size_t>& reserved() {
  static std::unordered_map<void*, std::size_t> sizes;
  return sizes;
}

void* reserve(std::size_t bytes) {
  const std::size_t size = bytes > 0 ? bytes : 1;
  void* const memory = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  reserved()[memory] = size;
  return memory;
}

void give_back(void* memory) noexcept {
  const auto found = reserved().find(memory);
  if (found == reserved().end()) return;
  munmap(memory, found->second);
  reserved().erase(found);
}

// ---- what a launch moves and computes

double bytes_in(const ConstView& view) {
  return view.data ? static_cast<double>(view.shape.count() * bytes_of(view.dtype)) : 0;
}

void note_view(const ConstView& view, std::vector<ConstView>& views) { views.push_back(view); }
void note_view(const View& view, std::vector<ConstView>& views) { views.push_back(view); }
void note_view(const Weights& weights, std::vector<ConstView>& views) { views.push_back(weights.view); }
// Launchers' arguments that hold no numbers. A new type that does wants its own line above.
template <class Argument>
requires(!std::convertible_to<Argument, ConstView> &&
         !std::convertible_to<ConstView, Argument>) void note_view(const Argument&, std::vector<ConstView>&) {
}

template <class First, class... Rest>
const Context* context_of(const First& first, const Rest&... rest) {
  if constexpr (std::is_same_v<First, Context>)
    return &first;
  else
    return context_of(rest...);
}

// y (N,P,Q,K) and w (K,R,S,C): N P Q K R S C products.
void note_convolution(DryLaunch& launch, const Shape& y, const Shape& w, const Shape& result) {
  const double positions = static_cast<double>(y.n) * y.h * y.w;
  launch.flops = 2 * positions * static_cast<double>(w.count());
  constexpr std::int64_t kTile = 128;
  const auto up = [](std::int64_t size) { return (size + kTile - 1) / kTile; };
  const bool of_weights = result == w;
  const std::int64_t rows = of_weights ? w.n : std::int64_t{result.n} * result.h * result.w;
  const std::int64_t columns = of_weights ? std::int64_t{w.h} * w.w * w.c : result.c;
  launch.tiles = up(rows) * up(columns);
}

// A norm takes the sums of a picture before it can begin; the weights' gradient of the 7x7 convolutions of
// three channels, which are our own kernels', is summed in parts that a second launch adds.
int launches_of(const std::string& launcher, const std::vector<ConstView>& views) {
  if (launcher.find("norm_") != std::string::npos) return 2;
  if (launcher != "conv_wgrad") return 1;
  const Shape& dw = views[0].shape;
  return dw.h == 7 && (dw.n == 3 || dw.c == 3) ? 2 : 1;
}

// The scratch memory that a plan may want at most: the lane holds it from then on.
void take_workspace(const Context& lane, const Shape& x, const Shape& w, const Shape& y, DType inputs) {
  ConvolutionProblem problem;
  problem.x = x;
  problem.w = w;
  problem.y = y;
  problem.inputs = inputs;
  lane.workspace(workspace_limit(problem) / sizeof(float));
}

}  // namespace

struct DryNotes {
  static void add(const char* launcher, const std::vector<ConstView>& views, const Context* lane) {
    if (!running) return;
    DryLaunch launch{.launcher = launcher, .shapes = {}, .lane = lane, .section = running->section_};
    std::ostringstream shapes;
    for (const ConstView& view : views) {
      if (!view.data) continue;
      shapes << (shapes.str().empty() ? "" : " ") << view.shape;
      launch.bytes += bytes_in(view);
      launch.dtype = view.dtype;
    }
    launch.shapes = shapes.str();
    launch.launches = launches_of(launch.launcher, views);
    // What is read and written: weights and moments, and their rounded copy; of the pool what is exchanged.
    if (launch.launcher == "adam") launch.bytes += bytes_in(views[0]) * 3.5;
    if (launch.launcher == "pool_exchange") launch.bytes = bytes_in(views[0]) * 4;
    // fprop (y, x, w), dgrad (dx, dy, w), wgrad (dw, x, dy)
    if (const int pass = launch.launcher == "conv_fprop"   ? 0
                         : launch.launcher == "conv_dgrad" ? 1
                         : launch.launcher == "conv_wgrad" ? 2
                                                           : -1;
        pass >= 0) {
      const auto shape_at = [&](std::array<std::size_t, 3> place) {
        return views.at(place[static_cast<std::size_t>(pass)]).shape;
      };
      const Shape x = shape_at({1, 0, 1}), w = shape_at({2, 2, 0}), y = shape_at({0, 1, 2});
      note_convolution(launch, y, w, views[0].shape);
      take_workspace(*lane, x, w, y, views[1].dtype);
    }
    running->launches_.push_back(std::move(launch));
  }
  // What has no views.
  static void add_bytes(const char* launcher, std::size_t bytes, const Context& lane) {
    if (!running) return;
    running->launches_.push_back({.launcher = launcher,
                                  .shapes = {},
                                  .lane = &lane,
                                  .section = running->section_,
                                  .bytes = static_cast<double>(bytes)});
  }
  static void section() {
    if (running) ++running->section_;
  }
};

namespace {

template <auto launcher, const char* name>
struct Noted;
template <class... Arguments, void (*launcher)(Arguments...), const char* name>
struct Noted<launcher, name> {
  static void call(Arguments... arguments) {
    std::vector<ConstView> views;
    (note_view(arguments, views), ...);
    DryNotes::add(name, views, context_of(arguments...));
  }
};

#define BAUTA_LAUNCHER(function) constexpr char name_of_##function[] = #function;
#include "kernels/launchers.inc"
#undef BAUTA_LAUNCHER

}  // namespace

DryRun::DryRun() { running = this; }
DryRun::~DryRun() { running = nullptr; }

const Backend& DryRun::backend() {
  namespace any = BAUTA_BACKEND;  // for the launchers' signatures
  static const Backend table = {
      .name = "dry",
#define BAUTA_LAUNCHER(function) .function = Noted<&any::function, name_of_##function>::call,
#include "kernels/launchers.inc"
#undef BAUTA_LAUNCHER
      .allocate = reserve,
      .release = give_back,
      .allocate_pinned = any::allocate_pinned,
      .release_pinned = any::release_pinned,
      .copy_in = [](void*, const void*, std::size_t, const Context&) {},
      .copy_out = [](void* to, const void*, std::size_t bytes, const Context&) { std::memset(to, 0, bytes); },
      .copy_in_together =
          [](std::span<const SmallCopy> copies, const Context& ctx) {
            std::size_t bytes = 0;
            for (const SmallCopy& copy : copies) bytes += copy.bytes;
            DryNotes::add_bytes("copy_in_together", bytes, ctx);
          },
      .queue_copy_out = [](void* to, const void*, std::size_t bytes,
                           const Context&) { std::memset(to, 0, bytes); },
      .copy_within = [](void*, const void*, std::size_t bytes,
                        const Context& ctx) { DryNotes::add_bytes("copy_within", 2 * bytes, ctx); },
      .fill_zero = [](void*, std::size_t bytes,
                      const Context& ctx) { DryNotes::add_bytes("fill_zero", bytes, ctx); },
      .make_stream = []() -> CUstream_st* { return nullptr; },
      .release_stream = [](CUstream_st*) noexcept {},
      .wait_for = [](const Context&, const Context&) { DryNotes::section(); },
      .synchronize = [](const Context&) {},
      .begin_capture = [](const Context&) {},
      .end_capture = [](const Context&) -> CUgraphExec_st* { return nullptr; },
      .abandon_capture = [](const Context&) noexcept {},
      .replay = [](CUgraphExec_st*, const Context&) {},
      .release_graph = [](CUgraphExec_st*) noexcept {},
      .graphs = true,
  };
  return table;
}

}  // namespace bauta
