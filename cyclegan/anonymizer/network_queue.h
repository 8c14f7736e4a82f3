// A network that several threads ask at a time, and that runs on a thread of its own: pictures that wait are
// gathered into batches, and meanwhile those who asked for earlier ones do their own work.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "cyclegan/anonymizer/face_picture.h"

namespace bauta {

// Pictures of one size to as many others. Called by one thread.
using BatchNetwork = std::function<std::vector<Image>(std::span<const FacePicture>)>;

class NetworkQueue {
 public:
  // Batches have 1, 2, 4, 8 ... pictures of one size, largest_batch at most; nobody waits for a batch to
  // fill.
  NetworkQueue(BatchNetwork network, std::size_t largest_batch);
  ~NetworkQueue();  // no call may be under way
  NetworkQueue(const NetworkQueue&) = delete;
  NetworkQueue& operator=(const NetworkQueue&) = delete;

  // Waits for the network's picture. For any number of threads. Throws what the network throws for this
  // picture alone: a batch that fails is tried again in halves, and after OutOfMemory later batches are no
  // larger than that half.
  Image operator()(const Image& picture, const MosaicBox& face);
  std::size_t waiting() const;  // pictures that are in no batch yet

 private:
  struct Request {
    FacePicture asked;
    Image made;
    std::exception_ptr error;
    bool done = false;
  };

  void serve();
  std::vector<Request*> next_batch();
  void answer(std::span<Request* const> batch);

  BatchNetwork network_;
  std::size_t largest_batch_;  // of the serving thread
  mutable std::mutex mutex_;
  std::condition_variable asked_, answered_;
  std::deque<Request*> waiting_;
  bool closing_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace bauta
