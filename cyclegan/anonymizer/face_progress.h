// How far a picture has come.
#pragma once

#include <cstddef>
#include <functional>

namespace bauta {

// Called before the first face with 0 and after each, on the thread that asked for the work. What it throws
// ends the work.
using FaceProgress = std::function<void(std::size_t done, std::size_t of)>;

}  // namespace bauta
