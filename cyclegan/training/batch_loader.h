// The batches of a run, one after another, read and uploaded ahead of the steps that use them.
#pragma once

#include <deque>
#include <future>
#include <memory>

#include "cyclegan/training/training_data.h"

namespace bauta {

class BatchLoader {
 public:
  // Batches from `first_step` on. All three must outlive it.
  BatchLoader(Engine& engine, const TrainingData& data, const TrainingConfig& config,
              std::int64_t first_step);
  ~BatchLoader();

  // Valid until the next call but one. Files are read in threads of their own, a few steps ahead; on a card
  // the next batch is uploaded, through pinned memory and in a queue of its own, while this one is worked on.
  // Throws FileError (TrainingData::read).
  TrainingBatch next();

 private:
  class Half;
  struct Slot;
  struct Upload;
  HostBatch take_read();

  Engine& engine_;
  const TrainingData& data_;
  const TrainingConfig& config_;
  std::int64_t next_read_;
  std::deque<std::future<HostBatch>> ahead_;
  std::unique_ptr<Upload> upload_;  // null on a CPU
};

}  // namespace bauta
