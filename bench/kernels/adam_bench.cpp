#include "bench/kernels/cases.h"

namespace bauta::bench {

void add_adam(std::vector<Case>& cases) {
  const Shape parameters{1, 1, 1, 2'764'737};  // a discriminator's
  const double count = static_cast<double>(parameters.count());
  for (bool two_gradients : {false, true})
    for (bool rounded : {true, false}) {
      std::string what = "2.76 M";
      if (two_gradients) what += ", gradients in two buffers";
      if (rounded) what += ", with a bfloat16 copy";
      const double floor = count * (28 + (two_gradients ? 4 : 0) + (rounded ? 2 : 0));
      cases.push_back({"adam", what, DType::Float32, floor, 0, [=](const Context& ctx) {
                         const Operand w(ctx, parameters), m(ctx, parameters), v(ctx, parameters),
                             g(ctx, parameters), more_g(ctx, parameters);
                         const Operand copy(ctx, parameters, DType::BFloat16),
                             clock(ctx, std::vector<AdamClock>(1));
                         return [=, &ctx] {
                           ctx.backend().adam(w.view(), rounded ? copy.data<bfloat16>() : nullptr, m.view(),
                                              v.view(), g.view(), two_gradients ? more_g.view() : ConstView(),
                                              AdamOptions{}, clock.data<AdamClock>(), ctx);
                         };
                       }});
    }
}

}  // namespace bauta::bench
