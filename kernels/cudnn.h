// Convolutions by cuDNN's plans. A plan is found once for each problem: of those that cuDNN's heuristics
// offer (kernels/cudnn_plans.h) the quickest on this card, which a file then remembers
// (kernels/cudnn_plan_file.h).
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>

#include "kernels/context.h"
#include "kernels/cudnn_plan_file.h"
#include "kernels/cudnn_plans.h"

namespace bauta::cudnn {

// Smaller problems are not worth the search for a plan: bauta's own kernels take them. Products of two
// numbers.
inline constexpr std::size_t kFewestProducts = std::size_t{1} << 20;

// Throws what a failure becomes for who asked for the convolution: OutOfMemory, or CheckError.
[[noreturn]] void refuse(const PlanKey& key, const Failure& failure);

// For one context and its stream, whose card is the current one at the first call. What a captured graph
// holds of a plan is valid as long as this lives.
class Convolutions {
 public:
  // As Libraries::convolution: false where there is no plan, where a pointer is not aligned to 16 bytes, and
  // for small problems. Once a problem has run, running it again is legal in a stream that is being captured;
  // one met there for the first time gets the plan that is remembered or else first in the heuristics'
  // order, untimed, and fails if the context's workspace must grow for it.
  bool run(const PlanKey& key, void* result, const void* a, const void* b, const Context& ctx);

 private:
  struct Handle {
    explicit Handle(CUstream_st* stream);
    ~Handle();
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    cudnnHandle_t cudnn = nullptr;
  };
  struct Hash {
    std::size_t operator()(const PlanKey& key) const;
  };
  // What a plan works on. Inputs that are widened lie at the beginning of the context's workspace.
  struct Arguments {
    void* result;
    const void *a, *b;
    const Context& ctx;
    std::size_t widened_a = 0, widened_b = 0;  // bytes; 0: not widened
  };
  struct Memory {
    void* a;  // widened
    void* b;
    void* workspace;  // the plan's
    void* spare;      // what comes after
  };

  bool run_widened(const PlanKey& key, void* dw, const void* x, const void* dy, const Context& ctx);
  const std::optional<Plan>& plan_for(const PlanKey& key, const Arguments& arguments);
  // What a plan's memory takes, and where it lies in it.
  static std::size_t bytes_for(const Plan& plan, const Arguments& arguments);
  static Memory laid_out(const Plan& plan, const Arguments& arguments, void* memory);
  static Memory memory_for(const Plan& plan, const Arguments& arguments);
  void queue(const Plan& plan, const Arguments& arguments, const Memory& memory, void* result);
  std::optional<Plan> choose(const PlanKey& key, const Arguments& arguments);
  std::optional<Plan> quickest(const PlanKey& key, const Arguments& arguments);
  double seconds_of(const Plan& plan, const PlanKey& key, const Arguments& arguments, const Memory& memory);
  void start(const Context& ctx);

  std::unique_ptr<Handle> handle_;  // the first call's
  std::optional<Target> target_;
  std::optional<PlanFile> file_;
  std::unordered_map<PlanKey, std::optional<Plan>, Hash> plans_;  // null: none
};

}  // namespace bauta::cudnn
