// Identity networks on the emulated card, beside the CPU: embeddings, and the gradient that a training loss
// would follow.
#include "cyclegan/networks/pictures.h"
#include "nn/ops.h"
#include "nn/tape.h"
#include "tests/compare.h"
#include "tests/cyclegan/identity_references.h"
#include "tests/emulator/reference_libraries.h"

namespace bauta::test {

namespace {

struct Likeness {
  std::vector<float> embedding, gradient;  // gradient of <embedding, ones> to the picture
};

Likeness likeness_on(const Backend& backend, const std::string& name) {
  Engine engine(backend, 2);
  const auto network = load_identity_network(engine, name);
  Tensor x = to_tensor(engine, {drawn_cut(network->side(), 0)});
  x.set_requires_grad();
  const Tensor y = (*network)(x);
  return {y.values(), grad({y}, {x})[0].values()};
}

}  // namespace

TEST_CASE("identity networks on the card give the CPU's embeddings and gradients") {
  if (!identity_networks_are_fetched()) return;
  for (const std::string& name : kIdentityNetworks) {
    CAPTURE(name);
    const Likeness card = likeness_on(emulated_with_libraries, name),
                   cpu = likeness_on(*available_backends().front(), name);
    check_close(card.embedding, cpu.embedding, {1e-5, 1e-4});
    check_close(card.gradient, cpu.gradient, {1e-5, 1e-2});
  }
}

}  // namespace bauta::test
