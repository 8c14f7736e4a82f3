// bauta info: what a file is.
#include <fcntl.h>

#include <algorithm>
#include <cstdio>

#include "apps/command.h"
#include "apps/files.h"
#include "cyclegan/anonymizer/record.h"
#include "cyclegan/networks/weight_file.h"
#include "cyclegan/video/region_lines.h"
#include "io/file_error.h"
#include "io/input_file.h"
#include "io/key_text.h"
#include "io/locked_file.h"
#include "io/recipients.h"
#include "io/secret_key.h"
#include "io/video/ffmpeg.h"
#include "io/video/y4m.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct InfoOptions {
  CommonOptions common;
  std::vector<fs::path> files;
};

ordered_json picture_facts(const fs::path& path) {
  const ImageSize size = read_stored_size(path);
  ordered_json facts = {{"file", path.string()}, {"kind", "picture"}, {"width", size.width},
                        {"height", size.height}, {"mode", "none"},    {"regions", ordered_json::array()}};
  if (const auto record = find_record(path, size)) facts.update(ordered_json::parse(to_json(*record)));
  facts.erase("picture");
  return facts;
}

void add_generator_facts(const fs::path& path, ordered_json& facts) {
  GeneratorFacts generator;
  try {
    generator = read_generator_facts(path);
  } catch (const FileError&) {
    return;  // some other network's weights
  }
  const GeneratorConfig& config = generator.config;
  facts["kind"] = "generator";
  facts["architecture"] = to_string(config.kind);
  if (generator.metadata.contains("role"))
    facts["role"] = config.role == GeneratorRole::DeId ? "deid" : "reid";
  facts["ngf"] = config.ngf;
  facts["residual_blocks"] = config.residual_blocks;
  facts["composite"] = config.composite;
  if (config.kind == GeneratorKind::Bounded || config.kind == GeneratorKind::Keyed)
    facts["residual_levels"] = config.residual_levels;
  if (config.kind == GeneratorKind::Bounded) facts["companding_levels"] = config.companding_levels;
  if (generator.size > 0) facts["size"] = generator.size;
  if (generator.mosaic_blocks > 0) facts["mosaic_blocks"] = generator.mosaic_blocks;
}

ordered_json weight_facts(const fs::path& path) {
  const SafetensorsHeader header = read_safetensors_header(path);
  std::int64_t parameters = 0;
  for (const TensorInfo& tensor : header.tensors) parameters += tensor.count;
  ordered_json facts = {{"file", path.string()}, {"kind", "weights"}};
  add_generator_facts(path, facts);
  facts["locked"] = false;
  facts["tensors"] = header.tensors.size();
  facts["parameters"] = parameters;
  facts["metadata"] = header.metadata;
  return facts;
}

// Nothing of this is verified: that takes a key.
ordered_json locked_facts(const fs::path& path) {
  const LockFacts lock = read_lock_facts(path);
  ordered_json facts = {{"file", path.string()},
                        {"kind", "locked file"},
                        {"locked", true},
                        {"content_bytes", lock.content_bytes},
                        {"opens_with", {{"keys", lock.keys}, {"recipients", lock.recipients}}}};
  facts["opens_with"]["passphrase"] = lock.passphrase.has_value();
  if (lock.passphrase)
    facts["passphrase_cost"] = {{"mebibytes", lock.passphrase->mebibytes},
                                {"passes", lock.passphrase->passes}};
  return facts;
}

// What may be known of a key: never the key.
ordered_json key_facts(const fs::path& path) {
  const KeyText key = read_key_text_file(path);
  const std::span<const std::byte> bytes = key.bytes.bytes();
  if (key.kind == kSecretKeyKind)
    return {{"file", path.string()},
            {"kind", "key"},
            {"fingerprint", SecretKey::from_bytes(bytes).fingerprint()}};
  const bool is_private = key.kind == kPrivateKeyKind;
  const PublicKey open =
      is_private ? PrivateKey::from_bytes(bytes).public_key() : PublicKey::from_bytes(bytes);
  return {{"file", path.string()},
          {"kind", is_private ? "recipient's private key" : "recipient's public key"},
          {"fingerprint", open.fingerprint()},
          {"public_key", open.text()}};
}

void add_keyed_facts(const fs::path& path, const MediaFacts& media, ordered_json& facts) {
  const Descriptor record = read_record(path, media);
  const RegionLines lines(record.number(), path);
  facts["mode"] = "keyed";
  facts["frames"] = lines.frames();  // those that were covered; of a part there are fewer
  facts["frames_with_faces"] = lines.frames_with_regions();
  facts["regions"] = lines.regions();
  const LockFacts lock = who_opens(lines.lock().ways);
  facts["opens_with"] = {
      {"keys", lock.keys}, {"recipients", lock.recipients}, {"passphrase", lock.passphrase.has_value()}};
}

ordered_json stream_facts(const fs::path& path, const std::string& container, const VideoFormat& format) {
  return {{"file", path.string()},
          {"kind", "video"},
          {"container", container},
          {"width", format.width},
          {"height", format.height},
          {"frames_per_second", format.rate.value()},
          {"interlaced", format.interlacing != 'p'},
          {"mode", "none"}};
}

ordered_json video_facts(const fs::path& path) {
  const InputFile readable(path);
  if (path.extension() == ".y4m") {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return stream_facts(path, "y4m", Y4mReader(file.number(), path).format());
  }
  const MediaFacts media = probe(path);
  ordered_json facts = stream_facts(path, media.container, media.format);
  facts["codec"] = media.codec;
  facts["pixel_format"] = media.pixel_format;
  const auto tracks = [&media](const char* kind) {
    return std::ranges::count(media.tracks, kind, &MediaTrack::kind);
  };
  facts["sound_tracks"] = tracks("audio");
  facts["subtitle_tracks"] = tracks("subtitle");
  facts["frames"] = media.frames ? ordered_json(*media.frames) : ordered_json();
  if (media.bauta_record)
    add_keyed_facts(path, media, facts);
  else if (may_keep_every_bit(media))
    facts["mode"] = "unknown";  // it may be keyed and have lost its record
  return facts;
}

ordered_json facts_of(const fs::path& path) {
  if (is_locked_file(path)) return locked_facts(path);
  if (is_key_file(path)) return key_facts(path);
  if (path.extension() == ".safetensors") return weight_facts(path);
  if (is_image_path(path)) return picture_facts(path);
  if (is_video_path(path)) return video_facts(path);
  // No telling by its name: whichever it can be read as.
  const InputFile readable(path);
  for (const auto& read : {picture_facts, weight_facts, video_facts}) {
    try {
      return read(path);
    } catch (const FileError&) {
      continue;
    } catch (const ProgramMissing&) {
      continue;
    }
  }
  throw FileError(
      path, "is no picture, video, weight file, locked file or key",
      "pass a PNG, a JPEG, a WebP, a video, a safetensors file, or what bauta keygen or lock wrote");
}

// "file: …" and the other facts indented, a line each; nested ones on one line.
void print_text(const ordered_json& facts) {
  std::printf("%s\n", facts["file"].get<std::string>().c_str());
  const auto print = [](const std::string& name, const ordered_json& value, int indent) {
    const std::string text = value.is_string()
                                 ? value.get<std::string>()
                                 : value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
    std::printf("%*s%s: %s\n", indent, "", name.c_str(), text.c_str());
  };
  for (const auto& [name, value] : facts.items()) {
    if (name == "file") continue;
    if (!value.is_structured() || value.empty()) {
      print(name, value, 2);
      continue;
    }
    std::printf("  %s:\n", name.c_str());
    for (const auto& [key, part] : value.items()) print(value.is_array() ? "-" : key, part, 4);
  }
}

int info(const InfoOptions& options) {
  Problems problems;
  ordered_json all = ordered_json::array();
  for (const fs::path& path : options.files) {
    try {
      ordered_json facts = facts_of(path);
      if (!options.common.json) print_text(facts);
      all.push_back(std::move(facts));
    } catch (const FileError& error) {
      problems.report(error.what());
    } catch (const ProgramMissing& error) {
      problems.report(error.what());
    }
  }
  if (options.files.size() > 1)
    print_summary(options.common, all);
  else if (!all.empty())
    print_summary(options.common, all.front());
  return problems.exit_code();
}

}  // namespace

void add_info(CLI::App& program, int& exit_code) {
  auto options = std::make_shared<InfoOptions>();
  CLI::App* command =
      add_command(program, "info", "what a picture, a video, a weight file, a locked file or a key is",
                  "bauta info anonymized/photo.png run/deid.safetensors", options->common);
  command
      ->add_option("FILE", options->files, "pictures, videos, weight files (safetensors), locked files, keys")
      ->required();
  command->callback([options, &exit_code] { exit_code = info(*options); });
}

}  // namespace bauta
