// NVIDIA's cards: whether there is one to run on, and what it is. The kernels themselves are kernels/*.cu.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "kernels/context.h"

namespace bauta {

// Empty when kernels can run on a card; else all that is missing (CUDA in this build, a driver, a card, the
// cuDNN that this build wants) and what to do.
std::string cuda_problem();

// The CUDA that this build has, as 13.0; "none" without.
std::string cuda_version();

// The cuDNN that this build was made with, as 9.19.0; "none" without. Then bauta's own kernels do its work.
std::string cudnn_version();

// The card's kernels, and the libraries that they leave work to. Throws CheckError with cuda_problem().
const Backend& cuda_backend();

struct CudaDevice {
  std::string name;
  int major = 0, minor = 0;  // compute capability
  std::string driver;        // the CUDA that it knows, as 13.0
  int multiprocessors = 0;
  std::size_t memory = 0, cache = 0;  // bytes; cache: the second level
};
// Throws CheckError with cuda_problem().
CudaDevice cuda_device();

// How long the card is at work on what f queues on the context's stream, in seconds. Throws CheckError.
double cuda_seconds(const Context& ctx, const std::function<void()>& f);

}  // namespace bauta
