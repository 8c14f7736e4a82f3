// A pair of keyed generators as what writes and reads the network code of keyed De-ID.
#pragma once

#include "cyclegan/anonymizer/translate.h"
#include "cyclegan/keyed/region_codec.h"
#include "cyclegan/networks/weight_file.h"

namespace bauta {

// G may be nothing where pictures are only restored, then `write` is nothing, too. The functions
// (translate.h) are those networks'; for as many threads as they are. Large regions are worked on in parts,
// so that memory stays bounded; at their seams De-ID sees less of the neighbouring blocks. Throws CheckError
// for networks that are none of the keyed channel, or of different residual levels.
CodeNetworks code_networks(const LoadedGenerator* G, FaceNetwork run_G, const LoadedGenerator& F,
                           FaceNetwork run_F);

}  // namespace bauta
