// A network that several threads ask at a time, and that runs on a thread of its own: pictures that wait are
// gathered into batches, and meanwhile those who asked for earlier ones do their own work. Where the network
// can, the next batch is begun before the one under way is waited for.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "cyclegan/anonymizer/face_picture.h"

namespace bauta {

// Pictures of one size, which stay until their batch was waited for, to as many others. Called by one thread.
using BatchNetwork = std::function<BegunBatch(std::span<const FacePicture>)>;

class NetworkQueue {
 public:
  // Batches have 1, 2, 4, 8 ... pictures of one size, largest_batch at most; nobody waits for a batch to
  // fill. most_under_way: so many may be begun before the first of them is waited for.
  NetworkQueue(BatchNetwork network, std::size_t largest_batch, std::size_t most_under_way = 1);
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
  struct UnderWay {
    std::vector<Request*> requests;
    std::vector<FacePicture> pictures;
    BegunBatch made;
    std::exception_ptr error;  // of the beginning
  };

  void serve();
  std::vector<Request*> next_batch(bool wait);
  UnderWay begin(std::vector<Request*> requests);
  void finish(UnderWay batch);

  BatchNetwork network_;
  std::size_t largest_batch_;  // of the serving thread
  const std::size_t most_under_way_;
  mutable std::mutex mutex_;
  std::condition_variable asked_, answered_;
  std::deque<Request*> waiting_;
  bool closing_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace bauta
