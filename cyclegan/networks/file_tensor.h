// Parameters in safetensors files, laid out as PyTorch has them: weights KCRS, those of depthwise
// convolutions (1,C,R,S), of matrices (out,in,1,1); here they are KRSC. Vectors, (1,1,1,C) here, are (C)
// there.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/safetensors.h"
#include "nn/parameters.h"

namespace bauta {

NamedTensor to_file_tensor(const std::string& name, const Tensor& value);
// The same, of the values that it has when it is written.
TensorToCome file_tensor_to_come(const std::string& name, const Tensor& value);
// Throws FileError naming the path and the tensor when shapes do not fit.
void from_file_tensor(const std::filesystem::path& path, const std::string& name, const NamedTensor& tensor,
                      const Tensor& value);

// That the file has all the tensors of these parameters, in their shapes, and no others; those that are not
// trained may be missing, and running statistics of norms, which CycleGAN's networks do not use, are passed
// over. Throws FileError naming the tensor, with the advice.
void check_file_tensors(const std::filesystem::path& path, const SafetensorsHeader& header,
                        const std::vector<NamedParameter>& parameters, const std::string& advice);

// Gives the parameters the values that the file has for them. Throws FileError.
void read_parameters(const std::filesystem::path& path, const Parameters& parameters);
void read_parameters(const ByteSource& file, const Parameters& parameters);

}  // namespace bauta
