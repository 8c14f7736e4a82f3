#include "cyclegan/anonymizer/network_runner.h"

#include <algorithm>
#include <cstring>

#include "kernels/check.h"
#include "nn/pinned.h"
#include "nn/queue.h"
#include "nn/recorded.h"
#include "nn/uploaded.h"

namespace bauta {

// Where a batch lies on its way to the network and back, and the queue that brings it: pinned memory of the
// program's, and as much of the backend's.
struct NetworkRunner::Slot {
  Slot(Engine& its_engine, const Shape& shape)
      : engine(its_engine),
        queue(engine.kernels(), 1),
        pixels(engine, shape.count()),
        faces(engine, static_cast<std::size_t>(shape.n)),
        pixels_there(engine, shape.count()),
        faces_there(engine, static_cast<std::size_t>(shape.n)),
        width(shape.w),
        height(shape.h) {}
  std::size_t bytes_each() const { return pixels.values().size() / faces.values().size(); }

  void upload(std::span<const FacePicture> pictures) {
    wait();
    for (std::size_t n = 0; n < pictures.size(); ++n) {
      std::memcpy(pixels.values().data() + n * bytes_each(), pictures[n].picture->pixels.data(),
                  bytes_each());
      faces.values()[n] = pictures[n].face;
    }
    const Backend& backend = engine.kernels();
    backend.copy_in(pixels_there.data(), pixels.values().data(), pixels.values().size(), queue.context);
    backend.copy_in(faces_there.data(), faces.values().data(), faces.values().size_bytes(), queue.context);
    under_way = true;
  }
  void download() {
    engine.kernels().queue_copy_out(pixels.values().data(), pixels_there.data(), pixels.values().size(),
                                    queue.context);
  }
  std::vector<Image> made() {
    wait();
    std::vector<Image> images;
    for (std::size_t n = 0; n < faces.values().size(); ++n) {
      images.push_back(blank_image(width, height));
      std::memcpy(images.back().pixels.data(), pixels.values().data() + n * bytes_each(), bytes_each());
    }
    return images;
  }
  void wait() {
    if (under_way) engine.kernels().synchronize(queue.context);
    under_way = false;
  }

  Engine& engine;
  Queue queue;
  Pinned<std::uint8_t> pixels;
  Pinned<MosaicBox> faces;
  Uploaded<std::uint8_t> pixels_there;
  Uploaded<MosaicBox> faces_there;
  int width, height;
  bool under_way = false;
};

// What a recording reads and writes stays where it is; slots bring it there and away.
struct NetworkRunner::Recording {
  Recording(Engine& its_engine, const Shape& of)
      : engine(its_engine),
        shape(of),
        pixels(engine, of.count()),
        faces(engine, static_cast<std::size_t>(of.n)),
        recorded(engine) {
    const std::size_t bytes_each = of.count() / faces.size();
    std::vector<PictureCut> whole;
    for (std::size_t n = 0; n < faces.size(); ++n)
      whole.push_back({.pixels = pixels.data() + n * bytes_each, .width = of.w, .height = of.h});
    cuts = Uploaded<PictureCut>(engine, whole);
  }
  std::size_t under_way() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(slots, [](const auto& slot) { return slot.use_count() > 1; }));
  }
  // One that no batch is in.
  std::shared_ptr<Slot> free_slot() {
    for (const auto& slot : slots)
      if (slot.use_count() == 1) return slot;
    return slots.emplace_back(std::make_shared<Slot>(engine, shape));
  }

  Engine& engine;
  Shape shape;
  Uploaded<std::uint8_t> pixels;
  Uploaded<PictureCut> cuts;
  Uploaded<MosaicBox> faces;
  std::vector<std::shared_ptr<Slot>> slots;
  Recorded recorded;
};

NetworkRunner::NetworkRunner(Engine& engine, const Generator& generator)
    : engine_(engine), generator_(generator) {}

NetworkRunner::~NetworkRunner() = default;

std::size_t NetworkRunner::graphs() const {
  const auto is_graph = [](const Recording& recording) { return recording.recorded.replays(); };
  return static_cast<std::size_t>(std::ranges::count_if(recordings_, is_graph));
}

BegunBatch NetworkRunner::begin(std::span<const FacePicture> pictures) {
  BAUTA_CHECK(!pictures.empty(), "no pictures");
  const Image& first = *pictures.front().picture;
  for (const auto& [picture, face] : pictures)
    BAUTA_CHECK(picture->width == first.width && picture->height == first.height, "pictures of ",
                picture->width, " x ", picture->height, " and of ", first.width, " x ", first.height,
                " pixels");
  std::size_t under_way = 0;
  for (const Recording& recording : recordings_) under_way += recording.under_way();
  BAUTA_CHECK(under_way < kMostUnderWay, under_way, " batches are under way");
  const Shape shape{static_cast<int>(pictures.size()), first.height, first.width, 3};
  const bool alone = recordings_.empty() || (recordings_.size() == 1 && recordings_.front().shape == shape);
  try {
    return start(pictures, shape);
  } catch (const OutOfMemory&) {
    forget_all_but(0);
    if (alone) throw;
  } catch (...) {
    forget_all_but(0);  // half-done work is not gone on with
    throw;
  }
  try {
    return start(pictures, shape);
  } catch (...) {
    forget_all_but(0);
    throw;
  }
}

// The slot's queue and the engine's wait for each other; two slots' do not. Copies within a card take
// microseconds.
BegunBatch NetworkRunner::start(std::span<const FacePicture> pictures, const Shape& shape) {
  const NoGrad no_grad(engine_);
  const Backend& backend = engine_.kernels();
  const Context& ctx = engine_.context();
  Recording& batch = recording(shape);
  const std::shared_ptr<Slot> slot = batch.free_slot();
  slot->upload(pictures);
  backend.wait_for(ctx, slot->queue.context);
  backend.copy_within(batch.pixels.data(), slot->pixels_there.data(), shape.count(), ctx);
  backend.copy_within(batch.faces.data(), slot->faces_there.data(), batch.faces.size() * sizeof(MosaicBox),
                      ctx);
  batch.recorded.run([&] {
    const Tensor x = Tensor::empty(engine_, shape);
    backend.augment(x.view(), batch.cuts, ctx);
    backend.to_bytes(batch.pixels.data(), generator_(x, batch.faces).view(), ctx);
  });
  backend.copy_within(slot->pixels_there.data(), batch.pixels.data(), shape.count(), ctx);
  backend.wait_for(slot->queue.context, ctx);
  slot->download();
  return [its = slot]() mutable {
    const std::shared_ptr<Slot> done = std::move(its);  // free for another batch then
    return done->made();
  };
}

NetworkRunner::Recording& NetworkRunner::recording(const Shape& shape) {
  const auto found = std::ranges::find(recordings_, shape, &Recording::shape);
  if (found != recordings_.end()) {
    recordings_.splice(recordings_.begin(), recordings_, found);
    return recordings_.front();
  }
  if (recordings_.size() >= kMostRecordings) forget_all_but(kMostRecordings - 1);
  return recordings_.emplace_front(engine_, shape);
}

void NetworkRunner::forget_all_but(std::size_t newest) {
  engine_.kernels().synchronize(engine_.context());  // nothing is taken away that is still read
  while (recordings_.size() > newest) recordings_.pop_back();
  // What the generator keeps for each size goes too: those recorded hold on to the memory of their own. Those
  // that are not yet must make it again before they are.
  generator_.forget_sizes();
  engine_.arena().give_back();
  for (Recording& recording : recordings_)
    if (!recording.recorded.replays()) recording.recorded.forget();
}

}  // namespace bauta
