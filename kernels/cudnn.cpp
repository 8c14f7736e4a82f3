#include "kernels/cudnn.h"

#include <algorithm>
#include <array>

#include "kernels/check.h"
#include "kernels/cuda.h"
#include "kernels/library_call.h"

namespace bauta::cudnn {

namespace {

// The heuristics' order is good: what stands further down is not worth the time.
constexpr std::size_t kMostTimed = 16;
constexpr int kTimings = 3;  // the best counts
// A plan must be quicker than an earlier one by more than timings vary, so that most runs choose alike.
constexpr double kClearlyQuicker = 0.97;

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

Convolutions::Handle::Handle(CUstream_st* stream) {
  check(cudnnCreate(&cudnn));
  if (const cudnnStatus_t status = cudnnSetStream(cudnn, stream); status != CUDNN_STATUS_SUCCESS) {
    static_cast<void>(cudnnDestroy(cudnn));
    check(status);
  }
}

Convolutions::Handle::~Handle() { static_cast<void>(cudnnDestroy(cudnn)); }

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
    auto found = plans_.find(key);
    if (found == plans_.end()) found = plans_.emplace(key, choose(key, {result, a, b, ctx})).first;
    const std::optional<Plan>& plan = found->second;
    if (plan) execute(handle_->cudnn, *plan, result, a, b, library_workspace(ctx, plan->workspace));
    return plan.has_value();
  } catch (const Failure& failure) {
    fail_check(name_of(key.problem.pass), "cuDNN does as asked", __FILE__, __LINE__, key, ": ",
               failure.what());
  }
}

void Convolutions::start(const Context& ctx) {
  if (handle_) return;
  auto handle = std::make_unique<Handle>(ctx.stream());
  target_.emplace(handle->cudnn);
  file_.emplace(cuda_device().name, cudnnGetVersion());
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
  std::optional<Plan> best;
  std::optional<Failure> failure;
  double seconds = 0;
  for (Plan& plan : find_plans(key, *target_, kMostTimed)) {
    try {
      const double its = seconds_of(plan, key, arguments);
      if (best && its >= seconds * kClearlyQuicker) continue;
      seconds = its;
      best = std::move(plan);
    } catch (const Failure& why) {
      failure = why;  // a plan that does not run is none, unless there is no other
    }
  }
  if (best) file_->remember(key, {best->choice, seconds, best->workspace});
  if (!best && failure) throw *failure;
  return best;
}

double Convolutions::seconds_of(const Plan& plan, const PlanKey& key, const Arguments& arguments) {
  const ConvolutionProblem& problem = key.problem;
  const Context& ctx = arguments.ctx;
  void* result = arguments.result;
  void* workspace = nullptr;
  if (problem.mode == GradMode::Accumulate) {
    // What is added must not be added a second time: it goes behind the plan's own scratch.
    const std::size_t behind = rounded_up(plan.workspace);
    workspace = library_workspace(ctx, behind + result_shape(problem).count() * bytes_of(problem.result));
    result = static_cast<char*>(workspace) + behind;
  } else {
    workspace = library_workspace(ctx, plan.workspace);
  }
  const auto queue = [&] { execute(handle_->cudnn, plan, result, arguments.a, arguments.b, workspace); };
  queue();  // the first time loads the kernels
  double best = cuda_seconds(ctx, queue);
  for (int i = 1; i < kTimings; ++i) best = std::min(best, cuda_seconds(ctx, queue));
  return best;
}

}  // namespace bauta::cudnn
