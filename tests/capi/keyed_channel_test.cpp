// Models of the keyed channel through bauta.h.
#include "capi_helpers.h"
#include "cyclegan/networks/weight_file.h"

namespace {

void write_untrained(const std::filesystem::path& path, bauta::GeneratorRole role) {
  bauta::Engine engine;
  bauta::GeneratorConfig config;
  config.kind = bauta::GeneratorKind::Keyed;
  config.role = role;
  config.ngf = 4;
  config.residual_blocks = 1;
  config.residual_levels = 7;
  const bauta::Generator generator(config);
  std::vector<bauta::NamedParameter> named;
  generator.collect("", named);
  const bauta::Parameters parameters(engine, named);
  generator.initialize(1, 0);
  bauta::save_generator(path, generator, 64, 4, {});
}

}  // namespace

TEST_CASE("a pair of the keyed channel hides under a key, and not without one") {
  const bauta::TemporaryFolder folder;
  write_untrained(folder.path() / "deid.safetensors", bauta::GeneratorRole::DeId);
  write_untrained(folder.path() / "reid.safetensors", bauta::GeneratorRole::ReId);
  bauta_model_options loading = BAUTA_MODEL_OPTIONS_INIT;
  loading.folder = folder.path().c_str();
  loading.device = BAUTA_DEVICE_CPU;
  bauta_model* loaded = nullptr;
  CHECK_OK(bauta_model_load(&loading, &loaded));
  const Model model(loaded);
  CHECK(bauta_model_can_deidentify(model.get()) == 1);
  CHECK(bauta_model_can_restore(model.get()) == 1);

  const bauta::Image original = noise(180, 110);
  const std::vector<bauta_box> box{{20, 20, 60, 60}};
  const Key key = new_key();
  bauta_deid_options options = keyed_options(key, box);
  options.code = BAUTA_CODE_NETWORK;
  bauta::Image image = original;
  Result result;
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "keyed channel", hide(image, options, result));
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "open pictures",
              hide(image, deid_options(BAUTA_OPEN, box), result, model.get()));
  CHECK(image == original);
  CHECK_OK(hide(image, options, result, model.get()));
  CHECK(image != original);
  CHECK(region_of(result, 0).fidelity == BAUTA_NEARLY);
  const std::string record = bauta_result_record(result.get());
  CHECK_OK(restore(image, restore_options(key), record.c_str(), result, model.get()));
  CHECK(region_of(result, 0).fidelity == BAUTA_NEARLY);
  int largest = 0;
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    largest = std::max(largest, std::abs(int{image.pixels[i]} - int{original.pixels[i]}));
  CHECK(largest < 40);

  std::filesystem::remove(folder.path() / "deid.safetensors");
  CHECK_OK(bauta_model_load(&loading, &loaded));
  const Model restoring(loaded);
  CHECK(bauta_model_can_deidentify(restoring.get()) == 0);
  CHECK(bauta_model_can_restore(restoring.get()) == 1);
  CHECK_FAILS(BAUTA_INVALID_ARGUMENT, "De-ID network", hide(image, options, result, restoring.get()));
}
