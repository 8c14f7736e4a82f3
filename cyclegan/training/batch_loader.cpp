#include "cyclegan/training/batch_loader.h"

#include <algorithm>
#include <array>

#include "nn/pinned.h"

namespace bauta {

namespace {

constexpr std::size_t kReadAhead = 3;

}  // namespace

// The pictures of one kind: in pinned memory, and on the card as bytes, cuts and boxes, and as a tensor.
class BatchLoader::Half {
 public:
  Half(Engine& engine, const std::vector<Image>& like, std::size_t boxes)
      : engine_(engine),
        bytes_each_(like.front().pixels.size()),
        pixels_(engine, like.size() * bytes_each_),
        cuts_(engine, like.size()),
        boxes_(engine, boxes),
        bytes_on_card_(engine, pixels_.values().size()),
        cuts_on_card_(engine, like.size()),
        faces(engine, boxes),
        tensor(Tensor::empty(engine,
                             {static_cast<int>(like.size()), like.front().height, like.front().width, 3})) {}

  // Queues the upload. What was copied from here before must be done.
  void fill(const std::vector<Image>& pictures, const std::vector<bool>& mirrored,
            const std::vector<MosaicBox>& boxes, const Context& queue) const {
    for (std::size_t n = 0; n < pictures.size(); ++n) {
      const Image& picture = pictures[n];
      std::ranges::copy(picture.pixels, pixels_.values().subspan(n * bytes_each_).begin());
      cuts_.values()[n] = {.pixels = bytes_on_card_.data() + n * bytes_each_,
                           .width = picture.width,
                           .height = picture.height,
                           .mirrored = mirrored[n]};
    }
    std::ranges::copy(boxes, boxes_.values().begin());
    send(bytes_on_card_, pixels_, queue);
    send(cuts_on_card_, cuts_, queue);
    send(faces, boxes_, queue);
    engine_.kernels().augment(tensor.view(), cuts_on_card_, queue);
  }

 private:
  template <class T>
  void send(const Uploaded<T>& to, const Pinned<T>& from, const Context& queue) const {
    if (from.values().empty()) return;
    engine_.kernels().copy_in(to.data(), from.values().data(), from.values().size_bytes(), queue);
  }

  Engine& engine_;
  std::size_t bytes_each_;
  Pinned<std::uint8_t> pixels_;
  Pinned<PictureCut> cuts_;
  Pinned<MosaicBox> boxes_;
  Uploaded<std::uint8_t> bytes_on_card_;
  Uploaded<PictureCut> cuts_on_card_;

 public:
  const Boxes faces;
  const Tensor tensor;
};

// Where one batch lies.
struct BatchLoader::Slot {
  Slot(Engine& engine, const HostBatch& like)
      : x(engine, like.x, like.x_faces.size()), y(engine, like.y, like.y_faces.size()) {}

  TrainingBatch batch() const { return {x.tensor, y.tensor, x.faces, y.faces}; }
  void fill(const HostBatch& from, const Context& queue) const {
    x.fill(from.x, from.x_mirrored, from.x_faces, queue);
    y.fill(from.y, from.y_mirrored, from.y_faces, queue);
  }

  Half x, y;
};

// A queue beside the engine's, and two slots: one batch is worked on while the next arrives.
struct BatchLoader::Upload {
  explicit Upload(const Backend& backend) : queue(backend, 1) {}

  Queue queue;
  std::array<std::unique_ptr<Slot>, 2> slots;
  std::size_t filled = 0;  // how many batches were sent
};

BatchLoader::BatchLoader(Engine& engine, const TrainingData& data, const TrainingConfig& config,
                         std::int64_t first_step)
    : engine_(engine), data_(data), config_(config), next_read_(first_step) {
  if (engine.kernels().graphs) upload_ = std::make_unique<Upload>(engine.kernels());
}

BatchLoader::~BatchLoader() {
  if (upload_) engine_.kernels().synchronize(upload_->queue.context);  // it reads from pinned memory
}

HostBatch BatchLoader::take_read() {
  while (ahead_.size() < kReadAhead && next_read_ < config_.steps)
    ahead_.push_back(std::async(
        std::launch::async, [this](std::int64_t step) { return data_.read(step, config_); }, next_read_++));
  std::future<HostBatch> first = std::move(ahead_.front());
  ahead_.pop_front();
  return first.get();
}

TrainingBatch BatchLoader::next() {
  if (!upload_) return to_batch(engine_, take_read());
  const Backend& backend = engine_.kernels();
  const Context &work = engine_.context(), &queue = upload_->queue.context;
  const auto send = [&] {
    const HostBatch read = take_read();
    std::unique_ptr<Slot>& slot = upload_->slots[upload_->filled++ % 2];
    if (!slot) slot = std::make_unique<Slot>(engine_, read);
    backend.synchronize(queue);     // the pinned memory is free again
    backend.wait_for(queue, work);  // and so is what the step before last has read
    slot->fill(read, queue);
  };
  if (upload_->filled == 0) send();
  backend.wait_for(work, queue);
  const TrainingBatch batch = upload_->slots[(upload_->filled - 1) % 2]->batch();
  if (!ahead_.empty()) send();
  return batch;
}

}  // namespace bauta
