#include "tests/emulator/reference_libraries.h"

#include <cstring>
#include <sstream>
#include <utility>
#include <vector>

#include "tests/emulator/memory.h"
#include "tests/emulator/streams.h"
#include "tests/emulator/traffic.h"

namespace bauta {

namespace emulated {
extern const Backend backend;
}

namespace {

struct Operand {
  const char* name;
  void* data;
  Shape shape;
  DType dtype;

  std::size_t bytes() const { return shape.count() * bytes_of(dtype); }
};

Operand read_only(const char* name, const void* data, Shape shape, DType dtype) {
  return {name, const_cast<void*>(data), shape, dtype};
}

void check_memory(const char* launcher, const Operand& operand) {
  if (emulator::in_device_memory(operand.data, operand.bytes())) return;
  std::ostringstream out;
  out << launcher << ": " << operand.name << ", " << operand.bytes() << " bytes at " << operand.data
      << ", is outside all device memory";
  throw emulator::Error(out.str());
}

// An operand as the CPU's kernels want it: in place, or a float32 copy.
class Float32 {
 public:
  Float32(const Operand& operand, bool is_read) : operand_(operand) {
    if (operand.dtype == DType::Float32) return;
    copy_.resize(operand.shape.count());
    for (std::size_t i = 0; is_read && i < copy_.size(); ++i) copy_[i] = to_float(halves()[i]);
  }
  View view() { return {copy_.empty() ? static_cast<float*>(operand_.data) : copy_.data(), operand_.shape}; }
  void write_back() const {
    for (std::size_t i = 0; i < copy_.size(); ++i) halves()[i] = from_float<bfloat16>(copy_[i]);
  }

 private:
  bfloat16* halves() const { return static_cast<bfloat16*>(operand_.data); }

  Operand operand_;
  std::vector<float> copy_;
};

class ReferenceLibraries : public Libraries {
 public:
  bool convolution(const ConvolutionProblem& problem, void* result, const void* a, const void* b,
                   const Context& ctx) override {
    const DType in = problem.inputs, out = problem.result;
    const ConvGeometry geometry = problem.geometry;
    switch (problem.pass) {
      case ConvolutionPass::Fprop:
        submit("conv_fprop", {"y", result, problem.y, out}, read_only("x", a, problem.x, in),
               read_only("w", b, problem.w, in), false, ctx,
               [geometry](View y, View x, View w, const Context& cpu) {
                 cpu.backend().conv_fprop(y, x, w, geometry, cpu);
               });
        break;
      case ConvolutionPass::Dgrad:
        submit("conv_dgrad", {"dx", result, problem.x, out}, read_only("dy", a, problem.y, in),
               read_only("w", b, problem.w, in), false, ctx,
               [geometry](View dx, View dy, View w, const Context& cpu) {
                 cpu.backend().conv_dgrad(dx, dy, w, geometry, cpu);
               });
        break;
      case ConvolutionPass::Wgrad:
        submit("conv_wgrad", {"dw", result, problem.w, out}, read_only("x", a, problem.x, in),
               read_only("dy", b, problem.y, in), problem.mode == GradMode::Accumulate, ctx,
               [geometry, mode = problem.mode](View dw, View x, View dy, const Context& cpu) {
                 cpu.backend().conv_wgrad(dw, x, dy, geometry, mode, cpu);
               });
    }
    return true;
  }

  bool gemm(const GemmProblem& problem, void* c, const void* a, const void* b, const Context& ctx) override {
    const auto matrix = [](int rows, int columns, Transpose op) {
      return op == Transpose::No ? Shape{rows, 1, 1, columns} : Shape{columns, 1, 1, rows};
    };
    submit("gemm", {"c", c, {problem.rows, 1, 1, problem.columns}, problem.dtype},
           read_only("a", a, matrix(problem.rows, problem.depth, problem.op_a), problem.dtype),
           read_only("b", b, matrix(problem.depth, problem.columns, problem.op_b), problem.dtype), false, ctx,
           [problem](View to, View left, View right, const Context& cpu) {
             cpu.backend().gemm(to, left, problem.op_a, right, problem.op_b, cpu);
           });
    return true;
  }

 private:
  // accumulate: whether the result is read too.
  template <class Compute>
  void submit(const char* launcher, const Operand& result, const Operand& a, const Operand& b,
              bool accumulate, const Context& ctx, Compute compute) {
    const auto check = [=] {
      for (const Operand& operand : {result, a, b}) check_memory(launcher, operand);
    };
    check();
    // A replay may come after these libraries are gone: the work shares their context.
    emulator::submit(ctx.stream(), launcher, [=, cpu = cpu_] {
      check();
      for (const Operand& operand : {a, b}) emulator::touch(false, operand.data, operand.bytes());
      if (accumulate) emulator::touch(false, result.data, result.bytes());
      emulator::touch(true, result.data, result.bytes());
      Float32 to(result, accumulate), left(a, true), right(b, true);
      compute(to.view(), left.view(), right.view(), *cpu);
      to.write_back();
      if (emulator::options.count_bytes) {
        const emulator::WorkDone& done = emulator::running_work->done;
        emulator::add_traffic({launcher, 0, 0, done.loaded_bytes, done.stored_bytes});
      }
    });
  }

  std::shared_ptr<const Context> cpu_ = std::make_shared<const Context>(cpu_baseline::backend, 1);
};

Backend with_libraries(Backend backend) {
  backend.name = "emulated_with_libraries";
  backend.make_libraries = make_reference_libraries;
  return backend;
}

}  // namespace

std::unique_ptr<Libraries> make_reference_libraries() { return std::make_unique<ReferenceLibraries>(); }

// emulated::backend is a constant, and there before this begins.
const Backend emulated_with_libraries = with_libraries(emulated::backend);

}  // namespace bauta
