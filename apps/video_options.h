// What bauta video can be asked for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "apps/face_finder.h"
#include "apps/identity_option.h"
#include "apps/key_options.h"
#include "apps/video_covering.h"
#include "apps/video_streams.h"

namespace bauta {

struct VideoOptions {
  CommonOptions common;
  std::filesystem::path in, out, report;
  VideoWish wish;
  FaceOptions faces;
  CoverOptions covers;
  std::string cover = "blocks";
  int blocks = 0;       // 0: the usual
  double margin = 1.2;  // sides of what is covered over sides of what a detector found
  bool no_identity_check = false;
  KeyOptions key;
  std::vector<std::filesystem::path> recipients;  // files of public keys
  bool restore = false, dry_run = false;

  bool keyed() const { return key.given() || !recipients.empty(); }
  std::string mode() const;
};

// The subcommand with all of them; `options` must outlive it.
CLI::App* add_video_command(CLI::App& program, VideoOptions& options);

// Throws CLI::ParseError for an option that would do nothing in the mode asked for: that is a mistake. What
// the options mean together is then in options.covers.
void complete(const CLI::App& command, VideoOptions& options);

}  // namespace bauta
