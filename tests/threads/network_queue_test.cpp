#include "cyclegan/anonymizer/network_queue.h"

#include <doctest/doctest.h>

#include <atomic>
#include <bit>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/check.h"

using namespace bauta;

namespace {

Image picture_of(int side, std::size_t value) {
  Image image{side, side, {}};
  image.pixels.assign(static_cast<std::size_t>(3 * side * side), static_cast<std::uint8_t>(value));
  return image;
}

// What the fake network makes of a picture.
Image negative(const FacePicture& seen) {
  Image made = *seen.picture;
  for (auto& value : made.pixels) value = static_cast<std::uint8_t>(255 - value - seen.face.block);
  return made;
}

std::vector<Image> negatives(std::span<const FacePicture> pictures) {
  std::vector<Image> made;
  for (const FacePicture& picture : pictures) made.push_back(negative(picture));
  return made;
}

using PlainNetwork = std::function<std::vector<Image>(std::span<const FacePicture>)>;

// A network that has made its pictures when it begins with them, as a CPU's.
BatchNetwork at_once(PlainNetwork network) {
  return [network = std::move(network)](std::span<const FacePicture> pictures) -> BegunBatch {
    return [made = network(pictures)] { return made; };
  };
}

// Asks for as many pictures at a time, each on its own thread.
void ask(std::size_t count, const std::function<void(std::size_t)>& one) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&one, i] { one(i); });
}

// A network that holds its first picture until all others wait.
class HeldNetwork {
 public:
  HeldNetwork(PlainNetwork network, std::size_t largest_batch)
      : queue_(at_once([this, network](std::span<const FacePicture> pictures) {
                 return held(network, pictures);
               }),
               largest_batch) {}

  NetworkQueue& queue() { return queue_; }
  const std::vector<std::size_t>& batches() const { return batches_; }  // when all calls have returned

  void ask(std::size_t count, const std::function<void(std::size_t)>& one) {
    waiting_at_last_ = count - 1;
    ::ask(count, [&](std::size_t i) {
      while (i > 0 && !started_) std::this_thread::yield();
      one(i);
    });
  }

 private:
  std::vector<Image> held(const PlainNetwork& network, std::span<const FacePicture> pictures) {
    started_ = true;
    while (batches_.empty() && queue_.waiting() < waiting_at_last_) std::this_thread::yield();
    batches_.push_back(pictures.size());
    return network(pictures);
  }

  std::vector<std::size_t> batches_;
  std::atomic<std::size_t> waiting_at_last_{0};
  std::atomic<bool> started_{false};
  NetworkQueue queue_;
};

std::size_t sum(const std::vector<std::size_t>& batches) {
  std::size_t total = 0;
  for (const std::size_t size : batches) total += size;
  return total;
}

}  // namespace

TEST_CASE("many threads each get the network's picture of their own") {
  for (const std::size_t most_under_way : {1, 2, 3}) {
    std::atomic<int> inside{0};
    const auto network = [&](std::span<const FacePicture> pictures) {
      CHECK(++inside == 1);
      CHECK(pictures.size() <= 4);
      CHECK(std::has_single_bit(pictures.size()));
      for (const FacePicture& each : pictures) CHECK(each.picture->width == pictures.front().picture->width);
      auto made = negatives(pictures);
      --inside;
      return made;
    };
    NetworkQueue queue(at_once(network), 4, most_under_way);
    ask(8, [&](std::size_t thread) {
      for (std::size_t i = 0; i < 40; ++i) {
        const Image picture = picture_of(i % 3 == 0 ? 2 : 4, 20 * thread + i);
        const MosaicBox face{0, 0, 2, 2, static_cast<int>(i % 5)};
        if (queue(picture, face) != negative({&picture, face})) FAIL("another's picture");
      }
    });
  }
}

TEST_CASE("the next batch is begun before the one under way is waited for, and no more than that") {
  // 'b' where a batch is begun, 'w' where it is waited for; the first is held until all others wait.
  for (const std::size_t most_under_way : {1, 2}) {
    std::string order;
    NetworkQueue* asked = nullptr;
    std::atomic<bool> started{false};
    const auto network = [&](std::span<const FacePicture> pictures) -> BegunBatch {
      started = true;
      while (order.empty() && asked->waiting() < 6) std::this_thread::yield();
      order += 'b';
      return [&order, pictures] {
        order += 'w';
        return negatives(pictures);
      };
    };
    {
      NetworkQueue queue(network, 2, most_under_way);
      asked = &queue;
      ask(7, [&](std::size_t i) {
        while (i > 0 && !started) std::this_thread::yield();
        const Image picture = picture_of(4, i);
        if (queue(picture, {}) != negative({&picture, {}})) FAIL("another's picture");
      });
    }
    CHECK(order == (most_under_way == 1 ? "bwbwbwbw" : "bbwbwbww"));
  }
}

TEST_CASE("a batch that fails while another is under way leaves that alone") {
  const auto network = [](std::span<const FacePicture> pictures) -> BegunBatch {
    if (pictures.size() > 1) throw OutOfMemory(pictures.size() << 20, 1 << 20, 8 << 20);
    return [pictures] { return negatives(pictures); };
  };
  NetworkQueue queue(network, 8, 2);
  ask(20, [&](std::size_t i) {
    const Image picture = picture_of(4, i);
    if (queue(picture, {}) != negative({&picture, {}})) FAIL("another's picture");
  });
}

TEST_CASE("what waits becomes batches of powers of two, each of one size") {
  HeldNetwork held(negatives, 8);
  held.ask(14, [&](std::size_t i) {
    const Image picture = picture_of(4, i);
    if (held.queue()(picture, {}) != negative({&picture, {}})) FAIL("another's picture");
  });
  CHECK(held.batches() == std::vector<std::size_t>{1, 8, 4, 1});
}

TEST_CASE("without batches each picture goes alone") {
  HeldNetwork held(negatives, 1);
  held.ask(6, [&](std::size_t i) { held.queue()(picture_of(4, i), {}); });
  CHECK(held.batches() == std::vector<std::size_t>(6, 1));
}

TEST_CASE("one picture's error is its own") {
  const auto network = [](std::span<const FacePicture> pictures) {
    for (const FacePicture& each : pictures)
      BAUTA_CHECK(each.picture->pixels[0] != 5, "picture ", int{each.picture->pixels[0]});
    return negatives(pictures);
  };
  HeldNetwork held(network, 8);
  std::atomic<int> errors{0};
  held.ask(9, [&](std::size_t i) {
    const Image picture = picture_of(4, i);
    try {
      if (held.queue()(picture, {}) != negative({&picture, {}})) FAIL("another's picture");
    } catch (const CheckError& error) {
      CHECK(i == 5);
      CHECK(std::string(error.what()).find("picture 5") != std::string::npos);
      ++errors;
    }
  });
  CHECK(errors == 1);
}

TEST_CASE("a batch that is too large for the card is halved, and no such batch is tried again") {
  constexpr std::size_t kFit = 2;
  const auto network = [](std::span<const FacePicture> pictures) {
    if (pictures.size() > kFit) throw OutOfMemory(pictures.size() << 20, 2 << 20, 8 << 20);
    return negatives(pictures);
  };
  HeldNetwork held(network, 16);
  held.ask(17, [&](std::size_t i) {
    const Image picture = picture_of(4, i);
    if (held.queue()(picture, {}) != negative({&picture, {}})) FAIL("another's picture");
  });
  // 1, then 16 -> 8 -> 4 -> 2 2, 4 -> 2 2, 8 -> 4 -> 2 2, 4 -> 2 2
  CHECK(held.batches().size() == 1 + 15);
  const std::size_t before = held.batches().size();
  ask(5, [&](std::size_t i) { held.queue()(picture_of(4, i), {}); });
  for (std::size_t i = before; i < held.batches().size(); ++i) CHECK(held.batches()[i] <= kFit);
  CHECK(sum({held.batches().begin() + static_cast<std::ptrdiff_t>(before), held.batches().end()}) == 5);
}

TEST_CASE("what does not fit alone is an error that says how much there is") {
  NetworkQueue queue(
      [](std::span<const FacePicture>) -> BegunBatch {
        throw OutOfMemory(std::size_t{300} << 20, std::size_t{12} << 20, std::size_t{8192} << 20);
      },
      16);
  CHECK_THROWS_AS(queue(picture_of(4, 1), {}), OutOfMemory);
  CHECK_THROWS_WITH(queue(picture_of(4, 1), {}),
                    "out of the card's memory: 300 MiB asked for, 12 of 8192 MiB free");
}
