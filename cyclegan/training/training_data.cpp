#include "cyclegan/training/training_data.h"

#include <algorithm>

#include "cyclegan/networks/pictures.h"
#include "cyclegan/shuffled.h"
#include "io/file_error.h"
#include "io/image.h"

namespace bauta {

namespace {

// Which set's order: they are shuffled apart, or the training would not be unpaired.
enum class Domain : std::uint64_t { X, Y };

// The order of `count` pictures in an epoch.
std::vector<std::size_t> epoch_order(std::size_t count, std::uint64_t seed, std::uint64_t epoch,
                                     Domain domain) {
  return shuffled(count,
                  random_stream(seed, RandomUse::Order, epoch * 2 + static_cast<std::uint64_t>(domain)));
}

}  // namespace

TrainingBatch to_batch(Engine& engine, const HostBatch& pictures) {
  return {to_tensor(engine, pictures.x, pictures.x_mirrored),
          to_tensor(engine, pictures.y, pictures.y_mirrored), Boxes(engine, pictures.x_faces),
          Boxes(engine, pictures.y_faces)};
}

TrainingData::TrainingData(const std::filesystem::path& folder, bool needs_boxes)
    : dataset_(load_dataset(folder)) {
  const int size = dataset_.size;
  const int smallest = std::max(Generator::kMinimumSize, Discriminator::kMinimumSize);
  if (size < smallest || size % Generator::kSizeMultiple != 0)
    throw FileError(folder, "its pictures are " + std::to_string(size) + " pixels wide",
                    "prepare them with a --size that is a multiple of " +
                        std::to_string(Generator::kSizeMultiple) + " and at least " +
                        std::to_string(smallest));
  if (dataset_.clear_files.empty() || dataset_.mosaic_files.empty())
    throw FileError(folder, "clear/ or mosaic/ holds no picture",
                    "fill both, or make them with bauta prepare");
  for (const DatasetEntry& entry : dataset_.entries)
    if (needs_boxes && !entry.face)
      throw FileError(
          folder, "it has no dataset.json to say where the faces are",
          "make it with bauta prepare, or train without --composite, --paired and with --generator "
          "reference or skip");
}

std::int64_t TrainingData::pictures_per_epoch() const {
  return static_cast<std::int64_t>(std::max(dataset_.clear_files.size(), dataset_.mosaic_files.size()));
}

HostBatch TrainingData::read(std::int64_t step, const TrainingConfig& config) const {
  const auto pictures = static_cast<std::uint64_t>(pictures_per_epoch());
  const RandomStream coin = random_stream(config.seed, RandomUse::Mirror);
  auto picks_of = [&](std::size_t count, Domain domain) {
    std::vector<Pick> picks;
    for (int i = 0; i < config.batch; ++i) {
      const auto shown = static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(config.batch) +
                         static_cast<std::uint64_t>(i);
      const auto order = epoch_order(count, config.seed, shown / pictures, domain);
      const std::size_t index = order[shown % pictures % count];
      const bool heads = coin.below(2, shown * 2 + static_cast<std::uint64_t>(domain)) == 1;
      picks.push_back({index, config.mirror && heads && may_mirror(index)});
    }
    return picks;
  };
  const auto x = picks_of(dataset_.clear_files.size(), Domain::X);
  const auto y = picks_of(dataset_.mosaic_files.size(), Domain::Y);
  return {
      load(dataset_.clear_files, x),          load(dataset_.mosaic_files, y),        mirrored(x), mirrored(y),
      config.keyed() ? regions(x) : faces(x), config.keyed() ? regions(y) : faces(y)};
}

TrainingBatch TrainingData::sample(Engine& engine, std::size_t index) const {
  const std::vector<Pick> pick{{index, false}};
  return {to_tensor(engine, load(dataset_.clear_files, pick)), Tensor(), Boxes(engine, faces(pick)), {}};
}

std::vector<Image> TrainingData::load(const std::vector<std::filesystem::path>& files,
                                      const std::vector<Pick>& picks) const {
  std::vector<Image> images;
  for (const Pick& pick : picks) {
    images.push_back(read_image(files[pick.index]));
    const Image& image = images.back();
    if (image.width != dataset_.size || image.height != dataset_.size)
      throw FileError(files[pick.index],
                      "it is " + std::to_string(image.width) + " x " + std::to_string(image.height) +
                          " pixels where the dataset has " + std::to_string(dataset_.size),
                      "prepare the dataset again");
  }
  return images;
}

std::vector<bool> TrainingData::mirrored(const std::vector<Pick>& picks) {
  std::vector<bool> result;
  for (const Pick& pick : picks) result.push_back(pick.mirrored);
  return result;
}

std::vector<MosaicBox> TrainingData::faces(const std::vector<Pick>& picks) const {
  std::vector<MosaicBox> boxes;
  for (const Pick& pick : picks) {
    // Without a dataset.json the two sets have nothing to do with each other, and none has boxes.
    if (pick.index >= dataset_.entries.size() || !dataset_.entries[pick.index].face) return {};
    const DatasetEntry& entry = dataset_.entries[pick.index];
    MosaicBox box{entry.face->x, entry.face->y, entry.face->width, entry.face->height, entry.block};
    if (pick.mirrored) box.x = dataset_.size - box.x - box.width;
    boxes.push_back(box);
  }
  return boxes;
}

std::vector<MosaicBox> TrainingData::regions(const std::vector<Pick>& picks) const {
  std::vector<MosaicBox> boxes = faces(picks);
  for (MosaicBox& box : boxes) box = {0, 0, dataset_.size, dataset_.size, box.block};
  return boxes;
}

// Mirroring moves the mosaic's grid to the box's other side: it must end there with a whole block.
bool TrainingData::may_mirror(std::size_t index) const {
  if (index >= dataset_.entries.size() || !dataset_.entries[index].face) return true;
  const DatasetEntry& entry = dataset_.entries[index];
  return entry.block > 0 && entry.face->width % entry.block == 0;
}

}  // namespace bauta
