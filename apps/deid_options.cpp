#include "apps/deid_options.h"

#include "apps/identity_option.h"

namespace bauta {
namespace {

// Options that belong to different modes.
void forbid_together(CLI::App& command) {
  command.get_option("--model")->excludes(command.get_option("--one-way"));
  for (const char* other :
       {"--one-way", "--key-file", "--passphrase", "--passphrase-fd", "--recipient", "--cover"})
    command.get_option("--size")->excludes(command.get_option(other));
  for (const char* keyed :
       {"--key-file", "--passphrase", "--passphrase-fd", "--recipient", "--code", "--residual-levels"})
    command.get_option("--one-way")->excludes(command.get_option(keyed));
  command.get_option("--require-faces")->excludes(command.get_option("--allow-no-face"));
  for (const char* written : {"--resume", "--sheet"})
    command.get_option("--dry-run")->excludes(command.get_option(written));
}

void add_mode_options(CLI::App& command, DeidOptions& options) {
  command.add_option("--model", options.model,
                     "folder with deid.safetensors; default: bauta's own; of --code network: also with "
                     "reid.safetensors");
  command
      .add_option("--blocks", options.blocks,
                  "mosaic blocks across a face, the fewer the less can be seen; default: " +
                      std::to_string(kUsualCoverBlocks) +
                      " with a key or --one-way, else the network's, or " + std::to_string(kUsualOpenBlocks))
      ->check(CLI::Range(1, 1000));
  command
      .add_option("--size", options.size,
                  "side of the network's pictures, for files that do not tell; default: 256")
      ->check(CLI::Range(1, 1 << 14));
  add_hiding_options(command, options.hiding);
  command.add_flag("--one-way", options.one_way, "plain mosaics: no network, nothing to restore");
  command
      .add_option("--cover", options.cover,
                  "with a key or --one-way: blocks, or fill: one grey, of which nothing can be told")
      ->check(CLI::IsMember({"blocks", "fill"}))
      ->capture_default_str();
}

void add_care_options(CLI::App& command, DeidOptions& options) {
  command
      .add_option("--require-faces", options.require_faces,
                  "faces that each photograph has at least: one with fewer is a problem, and nothing is "
                  "written for it")
      ->check(CLI::Range(1, 10'000));
  command.add_flag("--dry-run", options.dry_run,
                   "hide nothing: only show where the faces were found, in small pictures NAME.boxes.png");
  add_identity_option(command, options.no_identity_check);
}

}  // namespace

AnonymizationMode DeidOptions::mode() const {
  if (one_way) return AnonymizationMode::OneWay;
  return hiding.keyed() ? AnonymizationMode::Keyed : AnonymizationMode::Open;
}

CLI::App* add_deid_command(CLI::App& program, DeidOptions& options) {
  CLI::App* command = add_command(program, "deid", "de-identify the faces in photographs",
                                  "bauta deid holiday/ --out anonymized --key-file my.key", options.common);
  add_precision(*command, options.common);
  add_file_options(*command, options.files, "PHOTO", "photographs, or folders of them",
                   "folder for the de-identified photographs, NAME.png each");
  add_mode_options(*command, options);
  command
      ->add_option("--regions", options.regions,
                   "where the faces' places go: chunk, into the picture; json, into NAME.json beside it")
      ->check(CLI::IsMember({"chunk", "json"}))
      ->capture_default_str();
  add_format_option(*command, options.format, {PictureFormat::Png, PictureFormat::Webp, PictureFormat::Jpeg});
  add_face_options(*command, options.faces);
  add_care_options(*command, options);
  add_folder_run_options(*command, options.run, true);
  forbid_together(*command);
  return command;
}

void require_mode(const CLI::App& command, const DeidOptions& options) {
  const AnonymizationMode mode = options.mode();
  if (mode == AnonymizationMode::Open && command.count("--cover") > 0)
    throw CLI::RequiresError("--cover", "--key-file, --passphrase, --recipient or --one-way");
  if (mode == AnonymizationMode::Keyed && options.hiding.code != "network" && command.count("--model") > 0)
    throw CLI::RequiresError("--model with a key", "--code network");
  for (const char* keyed : {"--code", "--residual-levels"})
    if (mode != AnonymizationMode::Keyed && command.count(keyed) > 0)
      throw CLI::RequiresError(keyed, "--key-file, --passphrase or --recipient");
  if (options.format == PictureFormat::Jpeg && mode != AnonymizationMode::OneWay)
    throw CLI::ValidationError("--format",
                               "jpeg changes the pixels that restoring reads; take png, webp or --one-way");
  if (options.run.resume && options.hiding.by_passphrase())
    throw CLI::ValidationError("--resume", kNoPassphraseToResume);
}

}  // namespace bauta
