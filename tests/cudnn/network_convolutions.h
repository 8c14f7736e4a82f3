// Every convolution of both networks as cuDNN sees it: the reference generator (ngf 64) and the discriminator
// (ndf 64), cyclegan/networks/. Halos are written by the layer before, so most have no padding of their own.
#pragma once

#include <string>
#include <vector>

#include "kernels/libraries.h"

namespace bauta::test {

struct NetworkConvolution {
  const char* layer;
  // Of the picture's side: x is side / divisor + border wide, in the convolution's own direction (a
  // transposed convolution is one from its output to its input).
  int divisor, border;
  int inputs, outputs, taps;  // channels; taps x taps
  ConvGeometry geometry;

  ConvolutionProblem problem(ConvolutionPass pass, int batch, int side) const {
    const int size = side / divisor + border, result = geometry.output_size(size, taps);
    ConvolutionProblem problem;
    problem.pass = pass;
    problem.x = {batch, size, size, inputs};
    problem.w = {outputs, taps, taps, inputs};
    problem.y = {batch, result, result, outputs};
    problem.geometry = geometry;
    return problem;
  }
};

inline const std::vector<NetworkConvolution>& network_convolutions() {
  static const std::vector<NetworkConvolution> all = {
      {"generator first 7x7", 1, 6, 3, 64, 7, {1, 0}},
      {"generator down 1 and up 2", 1, 0, 64, 128, 3, {2, 1}},
      {"generator down 2 and up 1", 2, 0, 128, 256, 3, {2, 1}},
      {"generator residual", 4, 2, 256, 256, 3, {1, 0}},
      {"generator last 7x7", 1, 6, 64, 3, 7, {1, 0}},
      {"discriminator 1", 1, 0, 3, 64, 4, {2, 1}},
      {"discriminator 2", 2, 0, 64, 128, 4, {2, 1}},
      {"discriminator 3", 4, 0, 128, 256, 4, {2, 1}},
      {"discriminator 4", 8, 0, 256, 512, 4, {1, 1}},
      {"discriminator last", 8, -1, 512, 1, 4, {1, 1}},
  };
  return all;
}

}  // namespace bauta::test
