// The libraries of NVIDIA's cards behind kernels/libraries.h. A build without them has no_card_libraries.cpp.
#pragma once

#include <memory>

#include "kernels/libraries.h"

namespace bauta {

using LibrariesMaker = std::unique_ptr<Libraries> (*)();

// For Backend::make_libraries; null where this build has no libraries. What the maker makes calls no library
// before there is work for it.
LibrariesMaker card_libraries_maker();

}  // namespace bauta
