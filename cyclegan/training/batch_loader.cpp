#include "cyclegan/training/batch_loader.h"

#include <array>
#include <cstring>

namespace bauta {

namespace {

constexpr std::size_t kReadAhead = 3;

}  // namespace

// Where one batch lies: in pinned memory, and on the card as bytes, cuts and boxes, and as pictures.
class BatchLoader::Slot {
 public:
  Slot(Engine& engine, const HostBatch& like)
      : engine_(engine),
        x_bytes_(engine, like.x.size() * like.x.front().pixels.size()),
        y_bytes_(engine, like.y.size() * like.y.front().pixels.size()),
        x_cuts_(engine, like.x.size()),
        y_cuts_(engine, like.y.size()),
        batch_{Tensor::empty(engine, shape_of(like.x)), Tensor::empty(engine, shape_of(like.y)),
               Boxes(engine, like.x_faces.size()), Boxes(engine, like.y_faces.size())},
        pinned_(static_cast<std::byte*>(engine.kernels().allocate_pinned(pinned_bytes())),
                engine.kernels().release_pinned) {}

  const TrainingBatch& batch() const { return batch_; }

  // Queues the upload. What was copied from here before must be done.
  void fill(const HostBatch& from, const Context& queue) {
    next_ = pinned_.get();
    fill_pictures(from.x, from.x_mirrored, x_bytes_, x_cuts_, batch_.x, queue);
    fill_pictures(from.y, from.y_mirrored, y_bytes_, y_cuts_, batch_.y, queue);
    send(batch_.x_faces, from.x_faces.data(), queue);
    send(batch_.y_faces, from.y_faces.data(), queue);
  }

 private:
  static Shape shape_of(const std::vector<Image>& pictures) {
    return {static_cast<int>(pictures.size()), pictures.front().height, pictures.front().width, 3};
  }

  std::size_t pinned_bytes() const {
    return x_bytes_.size() + y_bytes_.size() + (x_cuts_.size() + y_cuts_.size()) * sizeof(PictureCut) +
           (batch_.x_faces.size() + batch_.y_faces.size()) * sizeof(MosaicBox);
  }

  void fill_pictures(const std::vector<Image>& pictures, const std::vector<bool>& mirrored,
                     const Uploaded<std::uint8_t>& bytes, const Uploaded<PictureCut>& cuts,
                     const Tensor& tensor, const Context& queue) {
    std::vector<std::uint8_t> pixels;
    std::vector<PictureCut> cut;
    for (std::size_t n = 0; n < pictures.size(); ++n) {
      const Image& picture = pictures[n];
      cut.push_back({.pixels = bytes.data() + pixels.size(),
                     .width = picture.width,
                     .height = picture.height,
                     .mirrored = mirrored[n]});
      pixels.insert(pixels.end(), picture.pixels.begin(), picture.pixels.end());
    }
    send(bytes, pixels.data(), queue);
    send(cuts, cut.data(), queue);
    engine_.kernels().augment(tensor.view(), cuts, queue);
  }

  template <class T>
  void send(const Uploaded<T>& to, const T* from, const Context& queue) {
    const std::size_t bytes = to.size() * sizeof(T);
    if (bytes == 0) return;
    std::memcpy(next_, from, bytes);
    engine_.kernels().copy_in(to.data(), next_, bytes, queue);
    next_ += bytes;
  }

  Engine& engine_;
  Uploaded<std::uint8_t> x_bytes_, y_bytes_;
  Uploaded<PictureCut> x_cuts_, y_cuts_;
  TrainingBatch batch_;
  std::unique_ptr<std::byte, void (*)(void*) noexcept> pinned_;
  std::byte* next_ = nullptr;
};

// A queue beside the engine's, and two slots: one batch is worked on while the next arrives.
struct BatchLoader::Upload {
  explicit Upload(const Backend& backend)
      : stream(backend.make_stream(), backend.release_stream), queue(backend, 1, stream.get()) {}

  std::unique_ptr<CUstream_st, void (*)(CUstream_st*) noexcept> stream;
  Context queue;
  std::array<std::unique_ptr<Slot>, 2> slots;
  std::size_t filled = 0;  // how many batches were sent
};

BatchLoader::BatchLoader(Engine& engine, const TrainingData& data, const TrainingConfig& config,
                         std::int64_t first_step)
    : engine_(engine), data_(data), config_(config), next_read_(first_step) {
  if (engine.kernels().graphs) upload_ = std::make_unique<Upload>(engine.kernels());
}

BatchLoader::~BatchLoader() {
  if (upload_) engine_.kernels().synchronize(upload_->queue);  // it reads from pinned memory
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
  const Context &work = engine_.context(), &queue = upload_->queue;
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
