#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_adam(std::vector<Case>& cases) {
  const Shape parameters{1, 1, 1, 2'764'737};  // a discriminator's
  for (bool rounded : {true, false}) {
    const double count = static_cast<double>(parameters.count());
    cases.push_back({"adam", rounded ? "2.76 M, with a bfloat16 copy" : "2.76 M", DType::Float32,
                     count * (rounded ? 30 : 28), 0, [=](const Context& ctx) {
                       const Operand w(ctx, parameters), m(ctx, parameters), v(ctx, parameters),
                           g(ctx, parameters);
                       const Operand copy(ctx, parameters, DType::BFloat16),
                           clock(ctx, std::vector<AdamClock>(1));
                       return [=, &ctx] {
                         ctx.backend().adam(w.view(), rounded ? copy.data<bfloat16>() : nullptr, m.view(),
                                            v.view(), g.view(), AdamOptions{}, clock.data<AdamClock>(), ctx);
                       };
                     }});
  }
}

}  // namespace bauta::bench
