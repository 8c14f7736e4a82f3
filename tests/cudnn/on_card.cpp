// The libraries on a card, part of cuda_tests: at the networks' own sizes they give what the card's own
// kernels give, the same bits each time, and inside captured graphs too.
#include <cuda_runtime.h>

#include <cmath>
#include <memory>
#include <vector>

#include "kernels/cuda.h"
#include "tests/cudnn/network_convolutions.h"
#include "tests/kernels/kernel_helpers.h"

namespace bauta::test {
namespace {

// The results of all passes for some stored inputs.
struct Results {
  Array y, dx, dw, wide_dw;
};

struct Inputs {
  Array x, w, dy;
  Inputs(const ConvolutionProblem& problem, DType dtype)
      : x(random_array(problem.x, 1).as(dtype)),
        w(random_array(problem.w, 2).as(dtype)),
        dy(random_array(problem.y, 3).as(dtype)) {}
};

Results results_of(const Inputs& in, ConvGeometry geometry, const Context& ctx) {
  const DType dtype = in.x.dtype;
  Results results{Array(in.dy.shape, NAN, dtype), Array(in.x.shape, NAN, dtype),
                  Array(in.w.shape, NAN, dtype), Array(in.w.shape, 1)};
  const Backend& backend = ctx.backend();
  backend.conv_fprop(results.y.view(), in.x.view(), in.w.view(), geometry, ctx);
  backend.conv_dgrad(results.dx.view(), in.dy.view(), in.w.view(), geometry, ctx);
  backend.conv_wgrad(results.dw.view(), in.x.view(), in.dy.view(), geometry, GradMode::Overwrite, ctx);
  backend.conv_wgrad(results.wide_dw.view(), in.x.view(), in.dy.view(), geometry, GradMode::Accumulate, ctx);
  return results;
}

void check_like(const Results& actual, const Results& expected, Tolerance stored, Tolerance wide) {
  check_close(actual.y, expected.y, stored, "fprop");
  check_close(actual.dx, expected.dx, stored, "dgrad");
  check_close(actual.dw, expected.dw, stored, "wgrad");
  check_close(actual.wide_dw, expected.wide_dw, wide, "wgrad added to float32");
}

bool there_are_libraries() {
  if (backends_under_test().size() == 2) return true;
  MESSAGE("SKIP: this bauta was built without cuDNN");
  return false;
}

// A batch that is widened in several parts, and one picture.
void check_convolutions(int batch, int side) {
  const BackendUnderTest &with = backends_under_test().front(), &without = backends_under_test().back();
  // Up to 2^18 products are added in different orders.
  constexpr Tolerance kLongSums{1e-5, 1e-4};
  for (const NetworkConvolution& convolution : network_convolutions())
    for (DType dtype : with.dtypes) {
      CAPTURE(std::string(convolution.layer));
      CAPTURE(dtype);
      const Inputs in(convolution.problem(ConvolutionPass::Fprop, batch, side), dtype);
      const Results expected = results_of(in, convolution.geometry, *TestContext(without, 1));
      const TestContext context(with, 1);
      const Results actual = results_of(in, convolution.geometry, *context);
      check_like(actual, expected, tolerance_of(dtype, kLongSums), kLongSums);
      const Results again = results_of(in, convolution.geometry, *context);
      CHECK(same_bits(again.y, actual.y));
      CHECK(same_bits(again.dx, actual.dx));
      CHECK(same_bits(again.dw, actual.dw));
      CHECK(same_bits(again.wide_dw, actual.wide_dw));

      (*context).libraries()->allow_tf32(true);
      constexpr Tolerance kRounded{1e-4, 0x1p-8};
      check_like(results_of(in, convolution.geometry, *context), expected,
                 dtype == DType::Float32 ? kRounded : tolerance_of(dtype, kLongSums),
                 dtype == DType::Float32 ? kRounded : kLongSums);
    }
}

TEST_CASE("libraries: every convolution of the networks is as without them") {
  if (!there_are_libraries()) return;
  check_convolutions(1, 128);
  check_convolutions(16, 128);
}

// A stream, and memory that kernels may use while it is captured.
class CapturedContext {
 public:
  CapturedContext() {
    REQUIRE(cudaStreamCreate(&stream_) == cudaSuccess);
    context_ = std::make_unique<Context>(cuda_backend(), 1, stream_);
  }
  ~CapturedContext() {
    for (void* memory : memory_) context_->backend().release(memory);
    context_.reset();
    static_cast<void>(cudaStreamDestroy(stream_));
  }
  CapturedContext(const CapturedContext&) = delete;
  CapturedContext& operator=(const CapturedContext&) = delete;

  const Context& operator*() const { return *context_; }
  cudaStream_t stream() const { return stream_; }
  View put(const Array& array) {
    const std::size_t bytes = array.values.size() * sizeof(float);
    memory_.push_back(context_->backend().allocate(bytes));
    context_->backend().copy_in(memory_.back(), array.values.data(), bytes, *context_);
    return {memory_.back(), array.shape, DType::Float32};
  }
  Array get(View view) const {
    Array array(view.shape);
    context_->backend().copy_out(array.values.data(), view.data, array.values.size() * sizeof(float),
                                 *context_);
    return array;
  }

 private:
  cudaStream_t stream_ = nullptr;
  std::unique_ptr<Context> context_;
  std::vector<void*> memory_;
};

TEST_CASE("libraries: what has run once may be captured, and replays to the same bits") {
  if (!there_are_libraries()) return;
  CapturedContext captured;
  const Context& ctx = *captured;
  const NetworkConvolution& residual = network_convolutions()[3];
  const ConvolutionProblem problem = residual.problem(ConvolutionPass::Fprop, 1, 128);
  const View x = captured.put(random_array(problem.x, 1)), w = captured.put(random_array(problem.w, 2)),
             y = captured.put(Array(problem.y)), a = captured.put(random_array({96, 1, 1, 64}, 3)),
             b = captured.put(random_array({64, 1, 1, 32}, 4)), c = captured.put(Array({96, 1, 1, 32}));
  const auto step = [&] {
    ctx.backend().conv_fprop(y, x, w, residual.geometry, ctx);
    ctx.backend().conv_dgrad(x, y, w, residual.geometry, ctx);
    ctx.backend().gemm(c, a, Transpose::No, b, Transpose::No, ctx);
  };
  const Array first_x = captured.get(x);
  const auto restore = [&] {
    ctx.backend().copy_in(x.data, first_x.values.data(), first_x.values.size() * sizeof(float), ctx);
  };
  step();
  restore();
  step();
  const Array expected_x = captured.get(x), expected_c = captured.get(c);

  cudaGraph_t graph = nullptr;
  cudaGraphExec_t executable = nullptr;
  REQUIRE(cudaStreamBeginCapture(captured.stream(), cudaStreamCaptureModeGlobal) == cudaSuccess);
  step();
  REQUIRE(cudaStreamEndCapture(captured.stream(), &graph) == cudaSuccess);
  REQUIRE(cudaGraphInstantiate(&executable, graph, 0) == cudaSuccess);
  for (int i = 0; i < 2; ++i) {
    restore();
    REQUIRE(cudaGraphLaunch(executable, captured.stream()) == cudaSuccess);
    CHECK(same_bits(captured.get(x), expected_x));
    CHECK(same_bits(captured.get(c), expected_c));
  }
  static_cast<void>(cudaGraphExecDestroy(executable));
  static_cast<void>(cudaGraphDestroy(graph));
}

}  // namespace
}  // namespace bauta::test
