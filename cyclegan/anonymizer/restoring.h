// The faces of one de-identified picture brought back, as far as they can be. For any number of threads.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cyclegan/anonymizer/face_progress.h"
#include "cyclegan/anonymizer/opened_network.h"
#include "cyclegan/anonymizer/record.h"
#include "io/file_error.h"
#include "io/opener.h"

namespace bauta {

// A picture that holds nothing to restore, or nothing for this network.
class NotRestorable : public FileError {
 public:
  using FileError::FileError;
};

// What became of a face.
enum class Restored {
  Exact,    // bit for bit as it was
  Nearly,   // by a network, or out of the companded code
  Damaged,  // what a changed picture still tells (force_damaged)
  Not,      // nothing: a plain mosaic, or a keyed face that was changed; it stays as it is
};

struct RestoredFace {
  Box box;
  int block, k;  // as the record has them
  Restored how;
  ResidualCode code = ResidualCode::Exact;  // of keyed pictures
  std::string why_not = {};                 // of those that are Not: "what is wrong; what to do"
};

// The networks that pictures of the network code are read by.
struct NetworksOfCode {
  std::function<const CodeNetworks&()>
      load;            // asked where a face needs them; by several threads. May be empty
  bool named = false;  // by the user: then also tried where a face cannot be read without
};

// By a Re-ID network. Nothing is restored unless one face at least can be: `path`, for messages, is thrown as
// NotRestorable; FileError if there is not the memory.
std::vector<RestoredFace> restore_open(const std::filesystem::path& path, Image& photo,
                                       const std::optional<AnonymizationRecord>& record,
                                       const OpenedNetwork& F, const FaceProgress& progress = {});

// By what the picture was closed with, or a recipient's private key. All faces come back or none, but with
// force_damaged those that can. Without a record the pixels are searched (keyed/region_search.h), and of the
// faces that are found there those come back that can. Throws NotRestorable and CannotOpen for `path`, also
// where no face can, and what `networks` throws.
std::vector<RestoredFace> restore_keyed(const std::filesystem::path& path, Image& photo,
                                        const std::optional<AnonymizationRecord>& record, const Opener& key,
                                        bool force_damaged, const NetworksOfCode& networks = {},
                                        const FaceProgress& progress = {});

}  // namespace bauta
