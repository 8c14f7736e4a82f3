// A generator on pictures of bytes.
#pragma once

#include <cstdint>
#include <functional>

#include "cyclegan/networks/generator.h"
#include "io/image.h"
#include "kernels/mosaic.h"

namespace bauta {

// From a picture with a face in `face` to another of its size: what the anonymizer asks of a network.
using FaceNetwork = std::function<Image(const Image& picture, const MosaicBox& face)>;

// The generator as such (network_runner.h), for one thread; both must outlive it. The pictures' sides must be
// what Generator takes, or CheckError.
FaceNetwork face_network(Engine& engine, const Generator& generator);

// The same for any number of threads: it runs on a thread of its own (network_queue.h), on a card in batches,
// the next of which is on its way while the card works on one.
// Nobody else may use the engine while a call is under way.
FaceNetwork shared_face_network(Engine& engine, const Generator& generator);

// A whole picture of any size from Generator::kMinimumSize a side: below and to the right its edge is
// repeated up to the next multiple of 4, and what is made of that is cut off. Bounded and composite
// generators take the whole picture for the face, with `blocks` mosaic blocks along its shorter side. Throws
// CheckError for a smaller picture.
Image translate_picture(const FaceNetwork& network, const Image& picture, int blocks);

// About how much memory a generator needs for one picture, in bytes: to refuse what cannot be done before the
// system ends the program.
std::uint64_t translation_bytes(const GeneratorConfig& config, int width, int height);

}  // namespace bauta
