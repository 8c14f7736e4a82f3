// How cuDNN is asked for a convolution: the operation as a graph, the plans that its heuristics offer, and
// which of them keep bauta's promises. Needs no card: a card that is only described (Target) gives plans too,
// except those whose kernels are compiled when they are wanted.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/cudnn_descriptor.h"
#include "kernels/libraries.h"

namespace bauta::cudnn {

// What a plan depends on.
struct PlanKey {
  ConvolutionProblem problem;
  bool tf32 = false;  // whether float32 inputs may be rounded to TF32

  bool operator==(const PlanKey&) const = default;
};
// One line without a bar: "fprop x (1, 66, 66, 256) w (256, 3, 3, 256) y (1, 64, 64, 256) stride 1 ...".
std::ostream& operator<<(std::ostream& out, const PlanKey& key);

// A float32 dw beside bfloat16 tensors is nothing that cuDNN's compiled kernels know. The same sums come from
// float32 tensors by TF32, which holds every bfloat16 exactly: for as many pictures at a time, a divisor of
// the batch, as kWidenedBytes take in float32, or one.
inline constexpr std::size_t kWidenedBytes = std::size_t{64} << 20;
bool wants_widening(const ConvolutionProblem& problem);
int widened_pictures(const ConvolutionProblem& problem);
// For some pictures of the problem; all but the first must accumulate.
PlanKey widened(const ConvolutionProblem& problem, int pictures, GradMode mode);

// The card that plans are for.
class Target {
 public:
  explicit Target(cudnnHandle_t handle) : handle_(handle) {}  // the handle's; it must live as long
  // One described by cuDNN's JSON of device properties (tests/cudnn/). Throws Failure.
  explicit Target(const std::string& json);

  void tell_graph(Descriptor& graph) const;
  void tell_heuristics(Descriptor& heuristics) const;
  void tell_engine(Descriptor& engine) const;
  void tell_plan(Descriptor& plan) const;

 private:
  cudnnHandle_t handle_ = nullptr;
  std::optional<Descriptor> properties_;
};

// A plan by what makes it anew, for the same key, card and version of cuDNN.
struct PlanChoice {
  std::int64_t engine = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> knobs;  // what is turned, and where to

  bool operator==(const PlanChoice&) const = default;
};

struct Plan {
  Descriptor descriptor;
  PlanChoice choice;
  std::size_t workspace = 0;  // bytes
};

// What became of the heuristics' offers.
struct Offers {
  int made = 0;
  int forbidden = 0;    // other bits in every run, or coarser arithmetic than the key allows
  int unsupported = 0;  // cuDNN itself could not make the plan
  int too_large = 0;    // workspace_limit
};

// Up to `at_most` plans, in the order of cuDNN's heuristics: mode A, then B, then fallback. All are
// deterministic and add in float32. None where cuDNN cannot do it. Throws Failure where the question itself
// is refused.
std::vector<Plan> find_plans(const PlanKey& key, const Target& target, std::size_t at_most,
                             Offers* offers = nullptr);

// The plan of that choice, or nothing where it is none of the above.
std::optional<Plan> make_plan(const PlanKey& key, const Target& target, const PlanChoice& choice);

// Queues a plan on the handle's stream; pointers as in kernels/libraries.h. Throws Failure.
void execute(cudnnHandle_t handle, const Plan& plan, void* result, const void* a, const void* b,
             void* workspace);

}  // namespace bauta::cudnn
