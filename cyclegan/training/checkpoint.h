// All that a run needs to go on as if it had never stopped, in one file a checkpoint: weights, Adam's
// moments, the average so far, the pools' pictures, the step. Networks go by the reference's names after G.,
// F., D_X. and D_Y., in its shapes, as in every weight file. Written whole or not at all, and checked when
// read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cyclegan/training/trainer.h"

namespace bauta {

// Writes FOLDER/step-00001000.safetensors and removes all but the last two. Throws FileError.
void save_checkpoint(const std::filesystem::path& folder, Trainer& trainer);

// Brings the trainer to the newest checkpoint that is whole; returns its path, empty if there is none at all.
// For each damaged one that was passed over, a line is added to `damaged`. Throws FileError when there are
// checkpoints but none is whole.
std::filesystem::path load_newest_checkpoint(const std::filesystem::path& folder, Trainer& trainer,
                                             std::vector<std::string>& damaged);

// The checkpoints in a folder, newest first; none if there is no such folder.
std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& folder);

}  // namespace bauta
