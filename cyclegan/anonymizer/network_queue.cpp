#include "cyclegan/anonymizer/network_queue.h"

#include <algorithm>
#include <bit>

#include "kernels/check.h"

namespace bauta {

NetworkQueue::NetworkQueue(BatchNetwork network, std::size_t largest_batch, std::size_t most_under_way)
    : network_(std::move(network)),
      largest_batch_(std::max<std::size_t>(largest_batch, 1)),
      most_under_way_(std::max<std::size_t>(most_under_way, 1)),
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
  std::deque<UnderWay> under_way;  // the oldest first
  for (;;) {
    std::vector<Request*> batch = next_batch(under_way.empty());
    const bool none = batch.empty();
    if (none && under_way.empty()) return;
    if (!none) under_way.push_back(begin(std::move(batch)));
    if (!none && under_way.size() < most_under_way_) continue;
    const std::vector<Request*> answered = under_way.front().requests;
    finish(std::move(under_way.front()));
    under_way.pop_front();
    {
      const std::lock_guard lock(mutex_);
      for (Request* request : answered) request->done = true;
    }
    answered_.notify_all();
  }
}

// The pictures that have waited longest of those of one size; none when none wait and it is not to wait for
// them, or all is over.
std::vector<NetworkQueue::Request*> NetworkQueue::next_batch(bool wait) {
  std::unique_lock lock(mutex_);
  if (wait) asked_.wait(lock, [this] { return closing_ || !waiting_.empty(); });
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

NetworkQueue::UnderWay NetworkQueue::begin(std::vector<Request*> requests) {
  UnderWay batch{.requests = std::move(requests), .pictures = {}, .made = {}, .error = {}};
  for (const Request* request : batch.requests) batch.pictures.push_back(request->asked);
  try {
    batch.made = network_(batch.pictures);
  } catch (...) {
    batch.error = std::current_exception();
  }
  return batch;
}

void NetworkQueue::finish(UnderWay batch) {
  const std::size_t half = batch.requests.size() / 2;
  try {
    if (batch.error) std::rethrow_exception(batch.error);
    std::vector<Image> made = batch.made();
    for (std::size_t i = 0; i < batch.requests.size(); ++i) batch.requests[i]->made = std::move(made.at(i));
    return;
  } catch (const OutOfMemory&) {
    largest_batch_ = std::max<std::size_t>(std::min(largest_batch_, half), 1);
    batch.error = std::current_exception();
  } catch (...) {
    batch.error = std::current_exception();
  }
  if (half == 0) {
    batch.requests.front()->error = batch.error;
    return;
  }
  batch.made = {};  // lets go of what the batch took
  const auto middle = batch.requests.begin() + static_cast<std::ptrdiff_t>(half);
  finish(begin({batch.requests.begin(), middle}));
  finish(begin({middle, batch.requests.end()}));
}

}  // namespace bauta
