#include "nn/tape.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "kernels/check.h"
#include "nn/gradients.h"
#include "nn/ops.h"

namespace bauta {

Tensor record(const char* op, Tensor y, std::vector<Tensor> inputs, BackwardRule rule) {
  const bool needed = std::any_of(inputs.begin(), inputs.end(),
                                  [](const Tensor& input) { return input && input.requires_grad(); });
  if (!needed || !y.engine().recording()) return y;
  y.impl_->requires_grad = true;
  y.impl_->node = std::make_shared<const Node>(Node{op, std::move(inputs), std::move(rule)});
  return y;
}

Tensor record_fused(const char* op, Tensor y, std::vector<Tensor> inputs, BackwardRule rule,
                    Composite composite) {
  auto either = [inputs, rule = std::move(rule), composite = std::move(composite)](
                    const Tensor& dy, const std::vector<bool>& wanted) -> std::vector<Tensor> {
    if (!dy.engine().recording()) return rule(dy, wanted);
    std::vector<Tensor> asked;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (wanted[i]) asked.push_back(inputs[i]);
    std::vector<Tensor> found = grad({composite(inputs)}, asked, {dy}, true);
    std::vector<Tensor> result(inputs.size());
    for (std::size_t i = 0, next = 0; i < inputs.size(); ++i)
      if (wanted[i]) result[i] = found[next++];
    return result;
  };
  return record(op, std::move(y), std::move(inputs), std::move(either));
}

namespace {

// The tensors between inputs and outputs, each after all that it was made from.
class Paths {
 public:
  Paths(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs) {
    for (const Tensor& input : inputs) asked_.insert(input.id());
    for (const Tensor& output : outputs) visit(output);
  }

  const std::vector<Tensor>& order() const { return order_; }
  bool leads_to_input(const Tensor& tensor) const { return tensor && leads_.at(tensor.id()); }

 private:
  // Depth first with a stack of its own: a tape may be deeper than the program's.
  void visit(const Tensor& output) {
    std::vector<std::pair<Tensor, bool>> stack{{output, false}};
    while (!stack.empty()) {
      auto [tensor, inputs_done] = stack.back();
      stack.pop_back();
      if (inputs_done) {
        finish(tensor);
      } else if (leads_.emplace(tensor.id(), false).second) {
        stack.emplace_back(tensor, true);
        if (tensor.node())
          for (const Tensor& input : tensor.node()->inputs)
            if (input && !leads_.contains(input.id())) stack.emplace_back(input, false);
      }
    }
  }

  void finish(const Tensor& tensor) {
    bool leads = asked_.contains(tensor.id());
    if (tensor.node())
      for (const Tensor& input : tensor.node()->inputs) leads = leads || leads_to_input(input);
    leads_[tensor.id()] = leads;
    if (leads) order_.push_back(tensor);
  }

  std::unordered_set<const void*> asked_;
  std::unordered_map<const void*, bool> leads_;
  std::vector<Tensor> order_;
};

}  // namespace

namespace {

// As grad(), but nothing where an output does not depend on an input, or where its gradient has been put
// into Engine::gradients().
std::vector<Tensor> walk_back(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                              const std::vector<Tensor>& cotangents, bool create_graph) {
  BAUTA_CHECK(!outputs.empty(), "no outputs");
  BAUTA_CHECK(cotangents.size() == outputs.size(), cotangents.size(), " cotangents for ", outputs.size(),
              " outputs");
  Engine& engine = outputs.front().engine();
  const NoGrad pause(engine, !create_graph);

  const Paths paths(outputs, inputs);
  std::unordered_map<const void*, Tensor> gradients;
  auto contribute = [&gradients](const Tensor& to, const Tensor& part) {
    BAUTA_CHECK(part.shape() == to.shape(), "a gradient of shape ", part.shape(), " for a tensor of shape ",
                to.shape());
    Tensor& sum = gradients[to.id()];
    sum = sum ? add(sum, part) : part;
  };
  for (std::size_t i = 0; i < outputs.size(); ++i) contribute(outputs[i], cotangents[i]);

  std::unordered_set<const void*> asked;
  for (const Tensor& input : inputs) asked.insert(input.id());

  for (auto tensor = paths.order().rbegin(); tensor != paths.order().rend(); ++tensor) {
    const auto found = gradients.find(tensor->id());
    if (found == gradients.end() || !tensor->node()) continue;
    const Tensor dy = found->second;
    if (!asked.contains(tensor->id())) gradients.erase(found);  // it has been passed on: free it early
    const Node& node = *tensor->node();
    std::vector<bool> wanted;
    for (const Tensor& input : node.inputs) wanted.push_back(paths.leads_to_input(input));
    const std::vector<Tensor> parts = node.rule(dy, wanted);
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      if (wanted[i] && parts[i]) contribute(node.inputs[i], parts[i]);
  }

  std::vector<Tensor> result;
  for (const Tensor& input : inputs) {
    const auto found = gradients.find(input.id());
    result.push_back(found != gradients.end() ? found->second : Tensor());
  }
  return result;
}

std::vector<Tensor> constants(const std::vector<Tensor>& like, const std::vector<float>& values) {
  BAUTA_CHECK(like.size() == values.size(), values.size(), " weights for ", like.size(), " outputs");
  std::vector<Tensor> result;
  for (std::size_t i = 0; i < like.size(); ++i)
    result.push_back(Tensor::full(like[i].engine(), like[i].shape(), values[i], like[i].dtype()));
  return result;
}

}  // namespace

std::vector<Tensor> grad(const std::vector<Tensor>& outputs, const std::vector<Tensor>& inputs,
                         const std::vector<Tensor>& cotangents, bool create_graph) {
  const std::vector<Tensor> ones =
      cotangents.empty() ? constants(outputs, std::vector<float>(outputs.size(), 1)) : cotangents;
  std::vector<Tensor> result = walk_back(outputs, inputs, ones, create_graph);
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!result[i]) result[i] = Tensor::zeros(inputs[i].engine(), inputs[i].shape(), inputs[i].dtype());
  return result;
}

namespace {

Tensor collect(const std::vector<Tensor>& outputs, const std::vector<Tensor>& cotangents, Gradients& into,
               const Tensor& leaf) {
  std::vector<Tensor> inputs = into.parameters().trained();
  if (leaf) inputs.push_back(leaf);
  const CollectGradients collecting(outputs.front().engine(), into);
  const std::vector<Tensor> found = walk_back(outputs, inputs, cotangents, false);
  for (std::size_t i = 0; i < into.parameters().trained().size(); ++i)
    if (found[i]) into.add(inputs[i], found[i]);
  return leaf ? found.back() : Tensor();
}

}  // namespace

Tensor backward(const std::vector<Tensor>& outputs, const std::vector<float>& weights, Gradients& into,
                const Tensor& leaf) {
  return collect(outputs, constants(outputs, weights), into, leaf);
}

void backward(const Tensor& output, const Tensor& cotangent, Gradients& into) {
  collect({output}, {cotangent}, into, {});
}

}  // namespace bauta
