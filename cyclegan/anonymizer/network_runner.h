// A generator on pictures of bytes, batches of them at a time. What is done for a batch is recorded once for
// each size and number of pictures, and on a card then replayed as a CUDA graph (nn/recorded.h). While a card
// works on one batch the next may be begun: each is copied in a queue of its own, beside the work.
#pragma once

#include <list>
#include <memory>
#include <span>
#include <vector>

#include "cyclegan/anonymizer/face_picture.h"
#include "cyclegan/networks/generator.h"

namespace bauta {

// For one thread at a time.
class NetworkRunner {
 public:
  // Batches that may be under way at a time.
  static constexpr std::size_t kMostUnderWay = 2;
  // Recordings that are kept: those of the sizes and numbers that were asked for last.
  static constexpr std::size_t kMostRecordings = 8;

  // Both must outlive it.
  NetworkRunner(Engine& engine, const Generator& generator);
  ~NetworkRunner();
  NetworkRunner(const NetworkRunner&) = delete;
  NetworkRunner& operator=(const NetworkRunner&) = delete;

  // What the generator makes of each picture. No tape is kept; the pictures may go at once. A CPU has done
  // the work when this returns, a card begins with it when it has done what was begun before. Throws
  // CheckError when there is no picture, when sizes differ or are none that Generator takes, and when
  // kMostUnderWay batches are under way already; OutOfMemory when a card has not the memory even with all
  // else forgotten: then fewer pictures may do. The result must not outlive the runner.
  BegunBatch begin(std::span<const FacePicture> pictures);
  // The same, and waits for it.
  std::vector<Image> operator()(std::span<const FacePicture> pictures) { return begin(pictures)(); }

  // How many recordings there are now, and how many of them are graphs.
  std::size_t recordings() const { return recordings_.size(); }
  std::size_t graphs() const;

 private:
  struct Slot;
  struct Recording;

  BegunBatch start(std::span<const FacePicture> pictures, const Shape& shape);
  Recording& recording(const Shape& shape);
  void forget_all_but(std::size_t newest);

  Engine& engine_;
  const Generator& generator_;
  std::list<Recording> recordings_;  // the one that was used last first
};

}  // namespace bauta
