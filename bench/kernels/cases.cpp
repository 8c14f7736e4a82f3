#include "bench/kernels/cases.h"

#include <algorithm>
#include <ranges>
#include <stdexcept>
#include <string_view>

namespace bauta::bench {

namespace {

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto add : {add_convolution,
                         add_gemm,
                         add_fused_norm,
                         add_instance_norm,
                         add_reflection_pad,
                         add_activations,
                         add_bias,
                         add_elementwise,
                         add_reductions,
                         add_losses,
                         add_adam,
                         add_mosaic,
                         add_resampling_matrix,
                         add_image_pool,
                         add_pictures,
                         add_random,
                         add_pooling,
                         add_depthwise_convolution,
                         add_separable_convolution,
                         add_prelu,
                         add_copy_part})
    add(cases);
  return cases;
}

std::shared_ptr<void> allocate(const Context& ctx, std::size_t bytes) {
  return {ctx.backend().allocate(bytes), ctx.backend().release};
}

}  // namespace

// Noise, not zeros: a card may be quicker with zeros than with pictures.
Operand::Operand(const Context& ctx, Shape shape, DType dtype)
    : memory_(allocate(ctx, shape.count() * bytes_of(dtype))), shape_(shape), dtype_(dtype) {
  const RandomStream stream{1, shape.count()};
  std::vector<float> values(shape.count());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(2 * stream.uniform(i) - 1);
  if (dtype == DType::Float32) {
    ctx.backend().copy_in(memory_.get(), values.data(), values.size() * sizeof(float), ctx);
  } else {
    std::vector<bfloat16> packed(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) packed[i] = from_float<bfloat16>(values[i]);
    ctx.backend().copy_in(memory_.get(), packed.data(), packed.size() * sizeof(bfloat16), ctx);
  }
}

Operand::Operand(const Context& ctx, const void* values, std::size_t bytes) : memory_(allocate(ctx, bytes)) {
  ctx.backend().copy_in(memory_.get(), values, bytes, ctx);
}

bool contains_words(const std::string& text, const std::string& words) {
  return std::ranges::all_of(words | std::views::split(' '), [&](const auto& word) {
    return text.find(std::string_view(word.begin(), word.end())) != std::string::npos;
  });
}

std::vector<Case> cases_with(const std::string& filter) {
  std::vector<Case> cases = all_cases();
  std::erase_if(cases, [&](const Case& item) {
    return !contains_words(item.kernel + ' ' + item.what + ' ' + item.storage(), filter);
  });
  if (cases.empty())
    throw std::invalid_argument("no kernel, shape and storage contain all words of '" + filter + "'");
  return cases;
}

std::vector<std::string> launchers_without_case() {
  std::vector<std::string> names = {
#define BAUTA_LAUNCHER(name) #name,
#include "kernels/launchers.inc"
#undef BAUTA_LAUNCHER
  };
  for (const Case& item : all_cases()) std::erase(names, item.kernel);
  return names;
}

std::string name_of(const Shape& s) {
  return std::to_string(s.n) + 'x' + std::to_string(s.h) + 'x' + std::to_string(s.w) + 'x' +
         std::to_string(s.c);
}

double bytes(const Shape& shape, DType dtype) {
  return static_cast<double>(shape.count()) * static_cast<double>(bytes_of(dtype));
}

}  // namespace bauta::bench
