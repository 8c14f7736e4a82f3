// What bauta deid can be asked for.
#pragma once

#include <memory>
#include <string>

#include "apps/face_finder.h"
#include "apps/folder_run.h"
#include "apps/keyed.h"
#include "apps/memory_budget.h"
#include "apps/picture_format.h"

namespace bauta {

struct DeidOptions {
  CommonOptions common;
  FileOptions files;
  FaceOptions faces;
  HidingOptions hiding;
  FolderRunOptions run;
  std::string model;
  int blocks = 0;
  int size = 0;
  int require_faces = 0;
  bool one_way = false;
  bool dry_run = false;
  bool no_identity_check = false;
  std::string cover = "blocks";
  std::string regions = "chunk";
  PictureFormat format = PictureFormat::Png;
  std::shared_ptr<MemoryBudget> memory = std::make_shared<MemoryBudget>();

  AnonymizationMode mode() const;
  Cover cover_kind() const { return cover == "fill" ? Cover::Fill : Cover::Blocks; }
};

// The subcommand with all of them; `options` must outlive it.
CLI::App* add_deid_command(CLI::App& program, DeidOptions& options);

// Throws CLI::ParseError for an option that would do nothing in the mode asked for: what it was to change
// would stay as it is.
void require_mode(const CLI::App& command, const DeidOptions& options);

}  // namespace bauta
