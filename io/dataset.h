#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "io/box.h"

namespace bauta {

// The two training sets, clear and mosaic: a folder
//
//   clear/NAME.png    a square crop with a face, size x size pixels
//   mosaic/NAME.png   the same crop, the face box pixelated
//   dataset.json      where the crops come from
//
// dataset.json is one object:
//
//   {"version": 1, "size": 256, "blocks": 20, "detector": "haar", "margin": [1.2, 2.4],
//    "pictures": [{"name": NAME, "source": PHOTOGRAPH, "source_crop": BOX, "source_face": BOX,
//    "source_block": 12,
//                  "face": BOX, "block": 6}, ...],
//    "skipped": [{"source": PHOTOGRAPH, "reason": TEXT}, ...]}
//
// with BOX = {"x": 0, "y": 0, "width": 1, "height": 1}; source_* in pixels of the photograph after its EXIF
// orientation, face and block in pixels of the crop.

// One picture of the dataset. A folder without dataset.json has no boxes and blocks of 0.
struct DatasetEntry {
  std::string name;
  std::string source;
  std::optional<Box> source_crop;  // may stick out of the photograph, whose edge is then repeated
  std::optional<Box> source_face;
  std::optional<Box> face;
  int block = 0;  // side of the mosaic's blocks
  int source_block = 0;
};

struct SkippedPhoto {
  std::string source;
  std::string reason;
};

struct Dataset {
  int size = 0;           // sides of all pictures
  int blocks = 0;         // mosaic blocks along the face's shorter side; 0 if unknown
  std::string detector;   // "haar", "yunet", "boxes"; empty if unknown
  double margin_low = 0;  // side of the crop over side of the face box, smallest and largest
  double margin_high = 0;
  std::vector<DatasetEntry> entries;
  std::vector<SkippedPhoto> skipped;

  // Set by load_dataset, ignored by save_dataset. clear_files[i] is the picture of entries[i]. So is
  // mosaic_files[i] if there is a dataset.json; without one the two lists are unrelated and may differ in
  // length.
  std::vector<std::filesystem::path> clear_files;
  std::vector<std::filesystem::path> mosaic_files;
};

// Whether a picture of a dataset may be called so: a plain file name, without its ending, in UTF-8.
bool is_picture_name(const std::string& name);

// The paths above, for whoever writes the pictures.
std::filesystem::path clear_path(const std::filesystem::path& folder, const std::string& name);
std::filesystem::path mosaic_path(const std::filesystem::path& folder, const std::string& name);

// Writes folder/dataset.json (AtomicFile); the folder must exist. Throws FileError, and std::invalid_argument
// for an entry without boxes or with a name that is no plain file name.
void save_dataset(const std::filesystem::path& folder, const Dataset& dataset, bool overwrite = false);

// Reads and checks folder/dataset.json and that its pictures are there; or, without that file, lists the PNG
// and JPEG pictures in clear/ and mosaic/, which must all be square and of one size. Pictures are not
// decoded. Throws FileError, also when there is no picture at all.
Dataset load_dataset(const std::filesystem::path& folder);

// What a folder holds, without what is hidden; sorted by name. Throws FileError if it cannot be listed.
struct FolderListing {
  std::vector<std::filesystem::path> images;  // by their names: is_image_path
  std::vector<std::string> others;            // names of other files, and of folders with a slash behind
};
FolderListing list_folder(const std::filesystem::path& folder);

// The pictures that a command line names. A folder stands for its picture files (is_image_path), sorted by
// name, without hidden ones and without subfolders; a file stands for itself, whatever it is, so that reading
// it tells what is wrong with it. Order of the inputs kept. Throws FileError for an input that does not
// exist.
std::vector<std::filesystem::path> list_images(const std::vector<std::filesystem::path>& inputs);

}  // namespace bauta
