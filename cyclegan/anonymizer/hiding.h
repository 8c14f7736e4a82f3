// The faces of one picture de-identified in one of the ways there are, and what the picture then says of
// itself. For any number of threads.
#pragma once

#include <variant>
#include <vector>

#include "cyclegan/anonymizer/cover.h"
#include "cyclegan/anonymizer/face_progress.h"
#include "cyclegan/anonymizer/opened_network.h"
#include "cyclegan/anonymizer/record.h"
#include "cyclegan/keyed/keyed_anonymizer.h"
#include "io/photograph.h"

namespace bauta {

// Blocks along the face in open mode, where neither the caller nor the network tells: the paper's 20 hide
// nobody.
inline constexpr int kUsualOpenBlocks = 10;

// With a De-ID network. Throws as plan_region, and OutOfMemory.
class OpenHider {
 public:
  // G must outlive it. blocks: 0, the network's own, or kUsualOpenBlocks. asked_size: as picture_size_of,
  // which throws. Throws FileError if there is not the memory.
  OpenHider(const OpenedNetwork& G, int blocks, int asked_size = 0);

  AnonymizationRecord operator()(Image& photo, const std::vector<Box>& faces,
                                 const FaceProgress& progress = {}) const;
  int blocks() const { return blocks_; }

 private:
  const OpenedNetwork& G_;
  int size_, blocks_;
};

// Plain mosaics, or one grey.
AnonymizationRecord hide_one_way(Image& photo, const std::vector<Box>& faces, int blocks, Cover cover);

// After the photograph's `image` was hidden in the record's way: says so of its other planes. Where nothing
// has to come back, the transparency inside a face gets the face's mosaic, for a cut-out's outline is that of
// a head. Where something has to, it stays, and the faces whose outline it shows are returned (counted from
// 0).
std::vector<std::size_t> redraw_regions(Photograph& photo, const AnonymizationRecord& record);

// What keyed pictures are closed with: a user's key or passphrase, or a key of the picture's own, which its
// recipients alone get.
struct KeyForRecipients {};
using Closer = std::variant<KeyForRecipients, SecretKey, Passphrase>;

std::string to_string(ResidualCode code);  // "exact", "companded", "network"

struct KeyedPicture {
  AnonymizationRecord record;
  std::vector<ResidualCode> codes;  // of each of the record's regions
};
// Throws as hide_faces.
KeyedPicture hide_keyed(Image& photo, const std::vector<Box>& faces, const KeyedOptions& options,
                        const Closer& closer, const std::vector<PublicKey>& recipients);

}  // namespace bauta
