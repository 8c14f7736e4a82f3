// What a de-identified picture says of itself, so that reid needs nothing but it and the network: JSON, in
// the picture under the keyword `bauta` (io/photograph.h: find_picture_text), or in a file NAME.json beside
// NAME.png or NAME.webp.
//
//   {"version": 1, "mode": "open", "picture": {"width": 640, "height": 480}, "network_size": 128,
//    "regions": [{"x": 10, "y": 20, "width": 60, "height": 60, "block": 6, "k": 1,
//                 "crop": {"x": -2, "y": 0, "side": 128}, "restorable": true}]}
//
// All in the picture's own pixels (region.h). A one-way picture has no network_size and its regions no crop.
// In a keyed picture "k" is the lattice's (keyed/lattice.h), there is neither "crop" nor "restorable", and
// "wrapped_keys" is there if it was made for recipients, each key in hexadecimal digits.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cyclegan/anonymizer/region.h"
#include "cyclegan/keyed/keyed_anonymizer.h"

namespace bauta {

inline constexpr const char* kRecordKeyword = "bauta";
inline constexpr std::size_t kMostRegions = 10'000;
inline constexpr std::size_t kMostRecipients = 100;

enum class AnonymizationMode {
  Open,    // the paper's: whoever has the Re-ID network restores the faces
  OneWay,  // plain mosaics
  Keyed,   // what restoring needs is enciphered into the faces: keyed/keyed_anonymizer.h
};

std::string to_string(AnonymizationMode mode);  // "open", "one-way", "keyed"

struct AnonymizationRecord {
  AnonymizationMode mode = AnonymizationMode::Open;
  ImageSize picture;
  int network_size = 0;         // of open pictures
  std::vector<Region> regions;  // of open and one-way pictures
  std::vector<KeyedRegion> keyed_regions;

  bool operator==(const AnonymizationRecord&) const = default;
};

// What is hidden, in the order of the regions; one kind of region is always empty.
std::vector<Box> boxes_of(const AnonymizationRecord& record);

std::string to_json(const AnonymizationRecord& record);

// Reads hostile input: nothing that is accepted breaks what region.h says of regions. `path` is for messages.
// Throws FileError.
AnonymizationRecord parse_record(const std::filesystem::path& path, const std::string& json);

// Throws FileError if the picture is not of the recorded size.
void require_recorded_size(const std::filesystem::path& picture, const AnonymizationRecord& record,
                           ImageSize size);

// NAME.json beside NAME.png.
std::filesystem::path record_path(const std::filesystem::path& picture);

// The record in the picture, or else, but for a JPEG, the one beside it; nothing if there is neither, or if
// what lies there is JSON of another kind. Throws FileError, also when the picture is not of the recorded
// size.
std::optional<AnonymizationRecord> find_record(const std::filesystem::path& picture, ImageSize size);

}  // namespace bauta
