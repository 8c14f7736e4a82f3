// The libraries of NVIDIA's cards behind kernels/libraries.h. A build without them has no_card_libraries.cpp.
#pragma once

#include <memory>
#include <string>

#include "kernels/libraries.h"

namespace bauta {

using LibrariesMaker = std::unique_ptr<Libraries> (*)();

// For Backend::make_libraries; null where this build has no libraries. What the maker makes calls no library
// before there is work for it.
LibrariesMaker card_libraries_maker();

// Empty where the libraries that this build wants can be loaded, or it wants none; else what is missing and
// what to do.
std::string card_libraries_problem();

}  // namespace bauta
