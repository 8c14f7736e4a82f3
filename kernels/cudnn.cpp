#include "kernels/cudnn.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "kernels/backend.h"
#include "kernels/check.h"
#include "kernels/cuda.h"
#include "kernels/library_call.h"
#include "kernels/quickest.h"

namespace bauta::cudnn {

namespace {

// The heuristics' order is good: what stands further down is not worth the time.
constexpr std::size_t kMostTimed = 16;
constexpr int kTimings = 3;  // the best counts
// Zeroed before each, so that the card is at work while the host prepares the call: else what is timed of a
// small convolution is the host.
constexpr std::size_t kBusyBytes = std::size_t{16} << 20;
constexpr int kBusy = 16;

const char* name_of(ConvolutionPass pass) {
  constexpr std::array kNames = {"conv_fprop", "conv_dgrad", "conv_wgrad"};
  return kNames[static_cast<std::size_t>(pass)];
}

std::size_t products_of(const ConvolutionProblem& problem) {
  const Shape& w = problem.w;
  return problem.y.count() * static_cast<std::size_t>(w.h) * static_cast<std::size_t>(w.w) *
         static_cast<std::size_t>(w.c);
}

const Shape& result_shape(const ConvolutionProblem& problem) {
  switch (problem.pass) {
    case ConvolutionPass::Fprop:
      return problem.y;
    case ConvolutionPass::Dgrad:
      return problem.x;
    case ConvolutionPass::Wgrad:
      break;
  }
  return problem.w;
}

std::size_t rounded_up(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

}  // namespace

void refuse(const PlanKey& key, const Failure& failure) {
  const char* const name = name_of(key.problem.pass);
  if (failure.out_of_memory()) {
    std::ostringstream who;
    who << name << " by cuDNN (" << key << ')';
    fail_for_memory(who.str());
  }
  fail_check(name, "cuDNN does as asked", __FILE__, __LINE__, key, ": ", failure.what());
}

Convolutions::Handle::Handle(CUstream_st* stream) {
  check(functions().Create(&cudnn));
  if (const cudnnStatus_t status = functions().SetStream(cudnn, stream); status != CUDNN_STATUS_SUCCESS) {
    static_cast<void>(functions().Destroy(cudnn));
    check(status);
  }
}

Convolutions::Handle::~Handle() { static_cast<void>(functions().Destroy(cudnn)); }

std::size_t Convolutions::Hash::operator()(const PlanKey& key) const {
  const ConvolutionProblem& problem = key.problem;
  KeyHash hash;
  for (const Shape* shape : {&problem.x, &problem.w, &problem.y})
    hash.add(shape->n, shape->h, shape->w, shape->c);
  return hash
      .add(problem.pass, problem.geometry.stride, problem.geometry.padding, problem.inputs, problem.result,
           problem.mode, key.tf32)
      .value();
}

bool Convolutions::run(const PlanKey& key, void* result, const void* a, const void* b, const Context& ctx) {
  if (!aligned_for_libraries(result, a, b) || products_of(key.problem) < kFewestProducts) return false;
  try {
    const Arguments arguments{result, a, b, ctx};
    if (const std::optional<Plan>& plan = plan_for(key, arguments)) {
      queue(*plan, arguments, memory_for(*plan, arguments), result);
      return true;
    }
    return wants_widening(key.problem) && run_widened(key, result, a, b, ctx);
  } catch (const Failure& failure) {
    refuse(key, failure);
  }
}

bool Convolutions::run_widened(const PlanKey& key, void* dw, const void* x, const void* dy,
                               const Context& ctx) {
  const ConvolutionProblem& problem = key.problem;
  const int pictures = widened_pictures(problem);
  const PlanKey first = widened(problem, pictures, problem.mode),
                later = widened(problem, pictures, GradMode::Accumulate);
  Shape some_x = problem.x, some_dy = problem.y;
  some_x.n = some_dy.n = pictures;
  const Arguments arguments{dw,
                            nullptr,
                            nullptr,
                            ctx,
                            rounded_up(some_x.count() * sizeof(float)),
                            rounded_up(some_dy.count() * sizeof(float))};
  // Both before either has written anything. References into the map stay good as it grows.
  const std::optional<Plan>& plan = plan_for(first, arguments);
  const std::optional<Plan>& later_plan = pictures < problem.x.n ? plan_for(later, arguments) : plan;
  if (!plan || !later_plan) return false;

  for (int done = 0; done < problem.x.n; done += pictures) {
    const Plan& its = done == 0 ? *plan : *later_plan;
    const Memory memory = memory_for(its, arguments);
    const auto widen = [&](void* to, const void* from, const Shape& shape) {
      const std::size_t skipped = shape.count() / static_cast<std::size_t>(pictures) *
                                  static_cast<std::size_t>(done) * bytes_of(problem.inputs);
      ctx.backend().convert(View(to, shape, DType::Float32),
                            ConstView(static_cast<const char*>(from) + skipped, shape, problem.inputs), ctx);
    };
    widen(memory.a, x, some_x);
    widen(memory.b, dy, some_dy);
    queue(its, arguments, memory, dw);
  }
  return true;
}

const std::optional<Plan>& Convolutions::plan_for(const PlanKey& key, const Arguments& arguments) {
  auto found = plans_.find(key);
  if (found == plans_.end()) found = plans_.emplace(key, choose(key, arguments)).first;
  return found->second;
}

std::size_t Convolutions::bytes_for(const Plan& plan, const Arguments& arguments) {
  return arguments.widened_a + arguments.widened_b + rounded_up(plan.workspace);
}

Convolutions::Memory Convolutions::laid_out(const Plan& plan, const Arguments& arguments, void* memory) {
  char* const begin = static_cast<char*>(memory);
  char* const b = begin + arguments.widened_a;
  char* const own = b + arguments.widened_b;
  return {begin, b, own, own + rounded_up(plan.workspace)};
}

// Valid until the workspace is asked for again.
Convolutions::Memory Convolutions::memory_for(const Plan& plan, const Arguments& arguments) {
  return laid_out(plan, arguments, library_workspace(arguments.ctx, bytes_for(plan, arguments)));
}

void Convolutions::queue(const Plan& plan, const Arguments& arguments, const Memory& memory, void* result) {
  execute(handle_->cudnn, plan, result, arguments.widened_a > 0 ? memory.a : arguments.a,
          arguments.widened_b > 0 ? memory.b : arguments.b, memory.workspace);
}

void Convolutions::start(const Context& ctx) {
  if (handle_) return;
  auto handle = std::make_unique<Handle>(ctx.stream());
  target_.emplace(handle->cudnn);
  file_.emplace(cuda_device().name, functions().GetVersion());
  handle_ = std::move(handle);
}

std::optional<Plan> Convolutions::choose(const PlanKey& key, const Arguments& arguments) {
  start(arguments.ctx);
  try {
    if (const auto remembered = file_->find(key))
      if (auto plan = make_plan(key, *target_, remembered->choice)) return plan;
    if (!is_capturing(arguments.ctx)) return quickest(key, arguments);
    auto plans = find_plans(key, *target_, 1);
    return plans.empty() ? std::nullopt : std::optional(std::move(plans.front()));
  } catch (const Failure& failure) {
    if (failure.unsupported()) return std::nullopt;
    throw;
  }
}

std::optional<Plan> Convolutions::quickest(const PlanKey& key, const Arguments& arguments) {
  std::vector<Plan> plans = find_plans(key, *target_, kMostTimed);
  // What is added must not be added a second time.
  const ConvolutionProblem& problem = key.problem;
  const bool elsewhere = problem.mode == GradMode::Accumulate;
  const std::size_t spare =
      std::max(elsewhere ? result_shape(problem).count() * bytes_of(problem.result) : 0, kBusyBytes);
  std::vector<std::size_t> bytes;
  for (const Plan& plan : plans) bytes.push_back(bytes_for(plan, arguments) + spare);
  const auto found = bauta::quickest(arguments.ctx, bytes, [&](std::size_t i, void* memory) {
    return seconds_of(plans[i], key, arguments, laid_out(plans[i], arguments, memory));
  });
  if (!found) return std::nullopt;
  Plan& best = plans[found->index];
  file_->remember(key, {best.choice, found->seconds, best.workspace});
  return std::move(best);
}

double Convolutions::seconds_of(const Plan& plan, const PlanKey& key, const Arguments& arguments,
                                const Memory& memory) {
  const bool elsewhere = key.problem.mode == GradMode::Accumulate;
  const auto once = [&] { queue(plan, arguments, memory, elsewhere ? memory.spare : arguments.result); };
  once();  // the first time loads the kernels
  const auto timed = [&] {
    for (int i = 0; i < kBusy; ++i)
      arguments.ctx.backend().fill_zero(memory.spare, kBusyBytes, arguments.ctx);
    return cuda_seconds(arguments.ctx, once);
  };
  double best = timed();
  for (int i = 1; i < kTimings; ++i) best = std::min(best, timed());
  return best;
}

}  // namespace bauta::cudnn
