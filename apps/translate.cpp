// bauta translate: one generator over whole images, the plain CycleGAN test.
#include "cyclegan/anonymizer/translate.h"

#include <algorithm>

#include "apps/command.h"
#include "apps/files.h"
#include "apps/key_options.h"
#include "io/file_error.h"

namespace bauta {
namespace {

struct TranslateOptions {
  CommonOptions common;
  FileOptions files;
  std::filesystem::path network;
  KeyOptions key;
  int blocks = 0;
};

constexpr int kUsualBlocks = 10;

int translate(const TranslateOptions& options) {
  Problems problems;
  const std::vector<Job> jobs =
      plan_jobs(find_pictures(options.common, options.files, problems), options.files.out);
  if (jobs.empty()) return problems.exit_code();
  const auto engine = make_engine(options.common);
  const LoadedGenerator network = load_network(*engine, options.network, asking(options.key));
  network.parameters.keep_forms(jobs.size() > 1);  // made once, they need not be kept
  const GeneratorFacts& facts = network.facts;
  const FaceNetwork G = shared_face_network(*engine, network.generator);
  const int own_blocks = facts.mosaic_blocks > 0 ? facts.mosaic_blocks : kUsualBlocks;
  const int blocks = options.blocks > 0 ? options.blocks : own_blocks;
  require_output_folder(options.files.out);

  const auto translate_one = [&](FileReport& report) {
    const auto& [input, output] = report.job();
    const Image image = read_image(input);
    if (std::min(image.width, image.height) < Generator::kMinimumSize) {
      throw FileError(input,
                      "has " + std::to_string(image.width) + " x " + std::to_string(image.height) +
                          " pixels, fewer than a network can take",
                      "use one of at least " + std::to_string(Generator::kMinimumSize) + " a side");
    }
    require_memory(*engine, input, facts.config, image.width, image.height);
    write_png(output, translate_picture(G, image, blocks), {}, options.files.force);
    report.wrote();
  };
  const auto files = process_files(jobs, options.common, options.files.force, problems,
                                   workers_beside(*engine, jobs.size()), {"images", translate_one});
  const auto written =
      std::ranges::count_if(files, [](const auto& file) { return !file["output"].is_null(); });

  say(options.common,
      counted(static_cast<std::size_t>(written), "image") + " translated, in " + options.files.out.string());
  nlohmann::ordered_json summary{{"command", "translate"},
                                 {"network", options.network.string()},
                                 {"images", jobs.size()},
                                 {"written", written},
                                 {"problems", problems.count()}};
  add_memory(summary, *engine);
  summary["files"] = files;
  print_summary(options.common, summary);
  return problems.exit_code();
}

}  // namespace

void add_translate(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<TranslateOptions>();
  CLI::App* command = add_command(
      program, "translate",
      "one generator over whole images, no faces looked for (bounded and composite generators take the whole "
      "image for the face)",
      "bauta translate --network run/deid.safetensors crops/ --out translated", options->common);
  command->add_option("--network", options->network, "a generator's weight file, or a locked one")
      ->required();
  add_key_options(*command, options->key, "a locked network");
  add_precision(*command, options->common);
  add_file_options(*command, options->files, "IMAGE", "images, or folders of them",
                   "folder for the translated images, NAME.png each");
  command
      ->add_option("--blocks", options->blocks,
                   "bounded generators: mosaic blocks across the image; default: the network's, or " +
                       std::to_string(kUsualBlocks))
      ->check(CLI::Range(1, 1000));
  command->callback([options, &exit_code] { exit_code = translate(*options); });
}

}  // namespace bauta
