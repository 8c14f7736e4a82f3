// The photographs of a dataset as training batches. Which pictures a step sees depends on the seed and the
// step's number alone.
#pragma once

#include <filesystem>
#include <vector>

#include "cyclegan/training/trainer.h"
#include "io/dataset.h"

namespace bauta {

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
  // that the two are unpaired. mirror: half of them, where the mosaic's grid allows. Throws FileError.
  TrainingBatch batch(Engine& engine, std::int64_t step, const TrainingConfig& config) const;
  // The first clear pictures, unmirrored and without mosaic ones: always the same, to watch a run by.
  TrainingBatch samples(Engine& engine, int count) const;

 private:
  struct Pick {
    std::size_t index;
    bool mirrored;
  };
  Tensor load(Engine& engine, const std::vector<std::filesystem::path>& files,
              const std::vector<Pick>& picks) const;
  Boxes faces(Engine& engine, const std::vector<Pick>& picks) const;
  bool may_mirror(std::size_t index) const;

  Dataset dataset_;
};

}  // namespace bauta
