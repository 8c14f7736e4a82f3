// The photographs of a dataset as training batches. Which pictures a step sees depends on the seed and the
// step's number alone.
#pragma once

#include <filesystem>
#include <vector>

#include "cyclegan/training/trainer.h"
#include "io/dataset.h"
#include "io/image.h"

namespace bauta {

// The pictures of a step as files hold them, and where the faces are (or nothing where that is not known).
// For keyed generators a whole picture is a face: they see no more than a face's region, and every pixel
// teaches.
struct HostBatch {
  std::vector<Image> x, y;
  std::vector<bool> x_mirrored, y_mirrored;
  std::vector<MosaicBox> x_faces, y_faces;
};
TrainingBatch to_batch(Engine& engine, const HostBatch& pictures);

class TrainingData {
 public:
  // Throws FileError (io/dataset.h), also when needs_boxes and the folder has no dataset.json to tell them,
  // or when its pictures are too small or no multiple of Generator::kSizeMultiple.
  TrainingData(const std::filesystem::path& folder, bool needs_boxes);

  const Dataset& dataset() const { return dataset_; }
  // An epoch shows each picture of the larger set once.
  std::int64_t pictures_per_epoch() const;
  std::int64_t steps_per_epoch(int batch) const { return (pictures_per_epoch() + batch - 1) / batch; }

  // Reads the pictures of a step: clear ones in an order drawn for each epoch, mosaic ones in another, so
  // that the two are unpaired. mirror: half of them, where the mosaic's grid allows. May be called from
  // several threads. Throws FileError.
  HostBatch read(std::int64_t step, const TrainingConfig& config) const;
  // A clear picture by its place in the folder, unmirrored and without a mosaic one: always the same, to
  // watch a run by.
  TrainingBatch sample(Engine& engine, std::size_t index) const;

 private:
  struct Pick {
    std::size_t index;
    bool mirrored;
  };
  std::vector<Image> load(const std::vector<std::filesystem::path>& files,
                          const std::vector<Pick>& picks) const;
  std::vector<MosaicBox> faces(const std::vector<Pick>& picks) const;
  // Whole pictures in blocks of the faces' size.
  std::vector<MosaicBox> regions(const std::vector<Pick>& picks) const;
  static std::vector<bool> mirrored(const std::vector<Pick>& picks);
  bool may_mirror(std::size_t index) const;

  Dataset dataset_;
};

}  // namespace bauta
