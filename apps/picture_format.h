// Which format pictures are written in.
#pragma once

#include <CLI/CLI.hpp>
#include <vector>

#include "io/photograph.h"

namespace bauta {

// --format, of which those may be named; the default is what `format` is.
void add_format_option(CLI::App& command, PictureFormat& format, const std::vector<PictureFormat>& those);

// About how much memory it takes to read the photograph and write it so: bytes. Throws FileError.
std::uint64_t memory_for(const std::filesystem::path& input, PictureFormat written);

}  // namespace bauta
