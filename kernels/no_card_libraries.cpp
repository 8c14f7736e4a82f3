// Stands for cuDNN and cuBLASLt in a build without them: the card's own kernels do all the work.
#include "kernels/card_libraries.h"
#include "kernels/cuda.h"

namespace bauta {

LibrariesMaker card_libraries_maker() { return nullptr; }

std::string card_libraries_problem() { return ""; }

std::string cudnn_version() { return "none"; }

}  // namespace bauta
