#include "cyclegan/anonymizer/network_queue.h"

#include <algorithm>
#include <bit>

#include "kernels/check.h"

namespace bauta {

NetworkQueue::NetworkQueue(BatchNetwork network, std::size_t largest_batch)
    : network_(std::move(network)),
      largest_batch_(std::max<std::size_t>(largest_batch, 1)),
      thread_([this] { serve(); }) {}

NetworkQueue::~NetworkQueue() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  asked_.notify_one();
  thread_.join();
}

Image NetworkQueue::operator()(const Image& picture, const MosaicBox& face) {
  Request request{.asked = {&picture, face}, .made = {}, .error = {}};
  std::unique_lock lock(mutex_);
  waiting_.push_back(&request);
  asked_.notify_one();
  answered_.wait(lock, [&request] { return request.done; });
  if (request.error) std::rethrow_exception(request.error);
  return std::move(request.made);
}

std::size_t NetworkQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void NetworkQueue::serve() {
  for (;;) {
    const std::vector<Request*> batch = next_batch();
    if (batch.empty()) return;
    answer(batch);
    {
      const std::lock_guard lock(mutex_);
      for (Request* request : batch) request->done = true;
    }
    answered_.notify_all();
  }
}

// The pictures that have waited longest of those of one size; none when all is over.
std::vector<NetworkQueue::Request*> NetworkQueue::next_batch() {
  std::unique_lock lock(mutex_);
  asked_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
  if (waiting_.empty()) return {};
  const Image& first = *waiting_.front()->asked.picture;
  const auto fits = [&first](const Request* request) {
    const Image& picture = *request->asked.picture;
    return picture.width == first.width && picture.height == first.height;
  };
  // Each number of pictures costs a card a recording of its own: powers of two are few.
  const auto fitting = static_cast<std::size_t>(std::ranges::count_if(waiting_, fits));
  const std::size_t count = std::bit_floor(std::min(fitting, largest_batch_));
  std::vector<Request*> batch;
  for (auto request = waiting_.begin(); batch.size() < count;) {
    if (fits(*request)) {
      batch.push_back(*request);
      request = waiting_.erase(request);
    } else {
      ++request;
    }
  }
  return batch;
}

void NetworkQueue::answer(std::span<Request* const> batch) {
  const std::size_t half = batch.size() / 2;
  std::exception_ptr error;
  try {
    std::vector<FacePicture> pictures;
    for (const Request* request : batch) pictures.push_back(request->asked);
    std::vector<Image> made = network_(pictures);
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i]->made = std::move(made.at(i));
    return;
  } catch (const OutOfMemory&) {
    largest_batch_ = std::max<std::size_t>(std::min(largest_batch_, half), 1);
    error = std::current_exception();
  } catch (...) {
    error = std::current_exception();
  }
  if (half == 0) {
    batch.front()->error = error;
    return;
  }
  answer(batch.first(half));
  answer(batch.subspan(half));
}

}  // namespace bauta
