#include "apps/picture_format.h"

namespace bauta {

void add_format_option(CLI::App& command, PictureFormat& format, const std::vector<PictureFormat>& those) {
  std::map<std::string, PictureFormat> named;
  std::string help;
  for (const PictureFormat one : those) {
    named.emplace(to_string(one), one);
    if (!help.empty()) help += "; ";
    if (one == PictureFormat::Png) help += "png, every sample as it was";
    if (one == PictureFormat::Webp) help += "webp, lossless, for 8 bits a sample and 16383 pixels a side";
    if (one == PictureFormat::Jpeg) help += "jpeg, with --one-way alone, for it changes what restoring needs";
  }
  command
      .add_option_function<std::string>(
          "--format", [&format, named](const std::string& name) { format = named.at(name); },
          "of the pictures written: " + help)
      ->check(CLI::IsMember(named))
      ->default_str(to_string(format));
}

std::uint64_t memory_for(const std::filesystem::path& input, PictureFormat written) {
  constexpr std::uint64_t kWebpEncoder = 6;  // libwebp's, beside the samples: photograph.h
  const std::uint64_t samples = photograph_bytes(input);
  return written == PictureFormat::Webp ? kWebpEncoder * samples : samples;
}

}  // namespace bauta
