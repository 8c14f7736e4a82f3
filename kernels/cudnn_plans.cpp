#include "kernels/cudnn_plans.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <span>

namespace bauta::cudnn {

namespace {

// Which pointer is which tensor: libraries.h's order.
constexpr std::array<std::int64_t, 3> kTensorIds = {1, 2, 3};  // result, a, b
constexpr std::int64_t kAlignment = 16;                        // bytes

// More than any engine has.
constexpr std::size_t kMostKnobs = CUDNN_KNOB_TYPE_COUNTS;

using Sizes = std::array<std::int64_t, 4>;

// cuDNN lists sizes as N,C,H,W whatever lies where in memory; that is for the strides to say.
Descriptor tensor(std::int64_t id, const Shape& shape, DType dtype) {
  const std::int64_t n = shape.n, h = shape.h, w = shape.w, c = shape.c;
  const Sizes sizes = {n, c, h, w}, strides = {h * w * c, 1, w * c, c};
  Descriptor descriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  descriptor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
  descriptor.set(CUDNN_ATTR_TENSOR_DATA_TYPE,
                 dtype == DType::BFloat16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT);
  descriptor.set(CUDNN_ATTR_TENSOR_DIMENSIONS, std::span<const std::int64_t>(sizes));
  descriptor.set(CUDNN_ATTR_TENSOR_STRIDES, std::span<const std::int64_t>(strides));
  descriptor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment);
  descriptor.finalize();
  return descriptor;
}

Descriptor convolution(ConvGeometry geometry) {
  const std::array<std::int64_t, 2> stride = {geometry.stride, geometry.stride},
                                    padding = {geometry.padding, geometry.padding}, one = {1, 1};
  Descriptor descriptor(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  descriptor.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
  descriptor.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
  descriptor.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
  descriptor.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, std::span<const std::int64_t>(stride));
  descriptor.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, std::span<const std::int64_t>(padding));
  descriptor.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, std::span<const std::int64_t>(padding));
  descriptor.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, std::span<const std::int64_t>(one));
  descriptor.finalize();
  return descriptor;
}

// The names of the same things in the three operations.
struct OperationNames {
  cudnnBackendDescriptorType_t operation;
  cudnnBackendAttributeName_t convolution, x, w, y, alpha, beta;
};

OperationNames names_of(ConvolutionPass pass) {
  switch (pass) {
    case ConvolutionPass::Fprop:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
    case ConvolutionPass::Dgrad:
      return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
              CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    case ConvolutionPass::Wgrad:
      break;
  }
  return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
          CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
}

// The graph keeps what it refers to.
Descriptor operation_graph(const ConvolutionProblem& problem, const Target& target) {
  const auto [result, a, b] = kTensorIds;
  const bool fprop = problem.pass == ConvolutionPass::Fprop, dgrad = problem.pass == ConvolutionPass::Dgrad,
             wgrad = problem.pass == ConvolutionPass::Wgrad;
  const auto stored = [&](bool is_result) { return is_result ? problem.result : problem.inputs; };
  const OperationNames names = names_of(problem.pass);
  Descriptor operation(names.operation);
  operation.set(names.x, tensor(dgrad ? result : a, problem.x, stored(dgrad)));
  operation.set(names.w, tensor(wgrad ? result : b, problem.w, stored(wgrad)));
  operation.set(names.y, tensor(fprop ? result : dgrad ? a : b, problem.y, stored(fprop)));
  operation.set(names.convolution, convolution(problem.geometry));
  operation.set(names.alpha, 1.0);
  operation.set(names.beta, problem.mode == GradMode::Accumulate ? 1.0 : 0.0);
  operation.finalize();

  Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation);
  target.tell_graph(graph);
  graph.finalize();
  return graph;
}

Descriptor engine_of(const Descriptor& configuration) {
  std::vector<Descriptor> engines =
      configuration.descriptors(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1);
  if (engines.empty()) throw Failure(CUDNN_STATUS_INTERNAL_ERROR);
  return std::move(engines.front());
}

// Whether an engine gives the same bits in every run, and arithmetic as fine as the key asks for.
bool keeps_promises(const Descriptor& engine, const PlanKey& key) {
  const bool exact = key.problem.inputs == DType::Float32 && !key.tf32;
  const auto notes = engine.values<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE);
  return std::none_of(notes.begin(), notes.end(), [&](cudnnBackendNumericalNote_t note) {
    switch (note) {
      case CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC:
      case CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION:
      case CUDNN_NUMERICAL_NOTE_FFT:  // loses digits with the size of the picture, as the largest tiles do
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6:
      case CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13:
        return true;
      case CUDNN_NUMERICAL_NOTE_TENSOR_CORE:  // takes no float32
      case CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS:
        return exact;
      default:
        return false;
    }
  });
}

PlanChoice choice_of(const Descriptor& configuration, const Descriptor& engine) {
  PlanChoice choice;
  choice.engine = engine.value<std::int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
  for (const Descriptor& knob : configuration.descriptors(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
                                                          CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, kMostKnobs))
    choice.knobs.emplace_back(knob.value<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE),
                              knob.value<std::int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  return choice;
}

// Null where cuDNN cannot make it, or it wants too much memory.
std::optional<Plan> plan_of(const Descriptor& configuration, PlanChoice choice, const PlanKey& key,
                            const Target& target, Offers& offers) {
  Plan plan{Descriptor(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR), std::move(choice), 0};
  target.tell_plan(plan.descriptor);
  plan.descriptor.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
  if (plan.descriptor.try_finalize() != CUDNN_STATUS_SUCCESS) {
    ++offers.unsupported;
    return std::nullopt;
  }
  plan.workspace =
      static_cast<std::size_t>(plan.descriptor.value<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE));
  if (plan.workspace > workspace_limit(key.problem)) {
    ++offers.too_large;
    return std::nullopt;
  }
  return plan;
}

// Empty where these heuristics know nothing.
std::vector<Descriptor> configurations(const Descriptor& graph, const Target& target,
                                       cudnnBackendHeurMode_t mode) {
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
  target.tell_heuristics(heuristics);
  if (heuristics.try_finalize() != CUDNN_STATUS_SUCCESS) return {};
  return heuristics.descriptors(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const PlanKey& key) {
  const ConvolutionProblem& problem = key.problem;
  constexpr std::array kPasses = {"fprop", "dgrad", "wgrad"};
  return out << kPasses[static_cast<std::size_t>(problem.pass)] << " x " << problem.x << " w " << problem.w
             << " y " << problem.y << " stride " << problem.geometry.stride << " padding "
             << problem.geometry.padding << ' ' << problem.inputs << " to " << problem.result
             << (problem.mode == GradMode::Accumulate ? " accumulated" : "") << (key.tf32 ? " tf32" : "");
}

bool wants_widening(const ConvolutionProblem& problem) { return problem.inputs != problem.result; }

int widened_pictures(const ConvolutionProblem& problem) {
  const std::size_t batch = (problem.x.count() + problem.y.count()) * sizeof(float);
  int parts = 1;
  while (parts < problem.x.n &&
         (problem.x.n % parts != 0 || batch / static_cast<std::size_t>(parts) > kWidenedBytes))
    ++parts;
  return problem.x.n / parts;
}

PlanKey widened(const ConvolutionProblem& problem, int pictures, GradMode mode) {
  PlanKey key{problem, true};
  key.problem.x.n = key.problem.y.n = pictures;
  key.problem.inputs = DType::Float32;
  key.problem.mode = mode;
  return key;
}

Target::Target(const std::string& json) : properties_(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR) {
  properties_->set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, std::span<const char>(json));
  properties_->finalize();
}

// Later versions find the handle's card themselves and call the attribute deprecated; earlier ones need it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void Target::tell_graph(Descriptor& graph) const {
  if (handle_) graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, handle_);
}

void Target::tell_plan(Descriptor& plan) const {
  if (handle_)
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle_);
  else
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *properties_);
}
#pragma GCC diagnostic pop

void Target::tell_heuristics(Descriptor& heuristics) const {
  if (properties_) heuristics.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *properties_);
}

void Target::tell_engine(Descriptor& engine) const {
  if (properties_) engine.set(CUDNN_ATTR_ENGINE_DEVICEPROP, *properties_);
}

std::vector<Plan> find_plans(const PlanKey& key, const Target& target, std::size_t at_most, Offers* offers) {
  Offers counted;
  Offers& count = offers ? *offers : counted;
  const Descriptor graph = operation_graph(key.problem, target);
  std::vector<Plan> plans;
  std::vector<PlanChoice> seen;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_B, CUDNN_HEUR_MODE_FALLBACK}) {
    if (plans.size() == at_most) break;
    for (const Descriptor& configuration : configurations(graph, target, mode)) {
      const Descriptor engine = engine_of(configuration);
      const PlanChoice choice = choice_of(configuration, engine);
      if (std::find(seen.begin(), seen.end(), choice) != seen.end()) continue;
      seen.push_back(choice);
      ++count.made;
      if (!keeps_promises(engine, key)) {
        ++count.forbidden;
        continue;
      }
      if (auto plan = plan_of(configuration, choice, key, target, count)) plans.push_back(std::move(*plan));
      if (plans.size() == at_most) break;
    }
  }
  return plans;
}

std::optional<Plan> make_plan(const PlanKey& key, const Target& target, const PlanChoice& choice) {
  const Descriptor graph = operation_graph(key.problem, target);
  Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, graph);
  engine.set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, choice.engine);
  target.tell_engine(engine);
  if (engine.try_finalize() != CUDNN_STATUS_SUCCESS || !keeps_promises(engine, key)) return std::nullopt;

  std::vector<Descriptor> knobs;
  for (const auto& [type, value] : choice.knobs) {
    Descriptor& knob = knobs.emplace_back(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR);
    knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, static_cast<cudnnBackendKnobType_t>(type));
    knob.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value);
    if (knob.try_finalize() != CUDNN_STATUS_SUCCESS) return std::nullopt;
  }
  Descriptor configuration(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  configuration.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
  if (!knobs.empty()) configuration.set(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, knobs);
  if (configuration.try_finalize() != CUDNN_STATUS_SUCCESS) return std::nullopt;
  Offers offers;
  return plan_of(configuration, choice, key, target, offers);
}

void execute(cudnnHandle_t handle, const Plan& plan, void* result, const void* a, const void* b,
             void* workspace) {
  // cuDNN writes through the first alone.
  const std::array<void*, 3> pointers = {result, const_cast<void*>(a), const_cast<void*>(b)};
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, std::span<const std::int64_t>(kTensorIds));
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, std::span<void* const>(pointers));
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace);
  pack.finalize();
  check(functions().BackendExecute(handle, plan.descriptor.get(), pack.get()));
}

}  // namespace bauta::cudnn
