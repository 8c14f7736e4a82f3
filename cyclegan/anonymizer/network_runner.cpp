#include "cyclegan/anonymizer/network_runner.h"

#include <algorithm>
#include <cstring>

#include "kernels/check.h"
#include "nn/pinned.h"
#include "nn/recorded.h"
#include "nn/uploaded.h"

namespace bauta {

// What a recording reads and writes stays where it is; `values` are on their way to it or from it.
struct NetworkRunner::Recording {
  Recording(Engine& engine, const Shape& of)
      : shape(of),
        pixels_in(engine, of.count()),
        pixels_out(engine, of.count()),
        faces_in(engine, static_cast<std::size_t>(of.n)),
        pixels(engine, of.count()),
        faces(engine, static_cast<std::size_t>(of.n)),
        recorded(engine) {
    std::vector<PictureCut> whole;
    for (std::size_t n = 0; n < faces_in.size(); ++n)
      whole.push_back({.pixels = pixels_in.data() + n * bytes_each(), .width = of.w, .height = of.h});
    cuts = Uploaded<PictureCut>(engine, whole);
  }
  std::size_t bytes_each() const { return shape.count() / static_cast<std::size_t>(shape.n); }

  Shape shape;
  Uploaded<std::uint8_t> pixels_in, pixels_out;
  Uploaded<PictureCut> cuts;
  Uploaded<MosaicBox> faces_in;
  Pinned<std::uint8_t> pixels;
  Pinned<MosaicBox> faces;
  Recorded recorded;
};

NetworkRunner::NetworkRunner(Engine& engine, const Generator& generator)
    : engine_(engine), generator_(generator) {}

NetworkRunner::~NetworkRunner() = default;

std::size_t NetworkRunner::graphs() const {
  const auto is_graph = [](const Recording& recording) { return recording.recorded.replays(); };
  return static_cast<std::size_t>(std::ranges::count_if(recordings_, is_graph));
}

std::vector<Image> NetworkRunner::operator()(std::span<const FacePicture> pictures) {
  BAUTA_CHECK(!pictures.empty(), "no pictures");
  const Image& first = *pictures.front().picture;
  for (const auto& [picture, face] : pictures)
    BAUTA_CHECK(picture->width == first.width && picture->height == first.height, "pictures of ",
                picture->width, " x ", picture->height, " and of ", first.width, " x ", first.height,
                " pixels");
  const Shape shape{static_cast<int>(pictures.size()), first.height, first.width, 3};
  const bool alone = recordings_.empty() || (recordings_.size() == 1 && recordings_.front().shape == shape);
  try {
    return run(pictures, shape);
  } catch (const OutOfMemory&) {
    forget_all_but(0);
    if (alone) throw;
  } catch (...) {
    forget_all_but(0);  // half-done work is not gone on with
    throw;
  }
  try {
    return run(pictures, shape);
  } catch (...) {
    forget_all_but(0);
    throw;
  }
}

std::vector<Image> NetworkRunner::run(std::span<const FacePicture> pictures, const Shape& shape) {
  const NoGrad no_grad(engine_);
  const Context& ctx = engine_.context();
  Recording& batch = recording(shape);
  const std::span<std::uint8_t> pixels = batch.pixels.values();
  const std::size_t each = batch.bytes_each();
  for (std::size_t n = 0; n < pictures.size(); ++n) {
    std::memcpy(pixels.data() + n * each, pictures[n].picture->pixels.data(), each);
    batch.faces.values()[n] = pictures[n].face;
  }
  batch.pixels_in.assign(engine_, pixels);
  batch.faces_in.assign(engine_, batch.faces.values());
  batch.recorded.run([&] {
    const Tensor x = Tensor::empty(engine_, shape);
    engine_.kernels().augment(x.view(), batch.cuts, ctx);
    engine_.kernels().to_bytes(batch.pixels_out.data(), generator_(x, batch.faces_in).view(), ctx);
  });
  batch.pixels_out.read(engine_, pixels);  // waits
  std::vector<Image> made;
  for (std::size_t n = 0; n < pictures.size(); ++n) {
    made.push_back(blank_image(shape.w, shape.h));
    std::memcpy(made.back().pixels.data(), pixels.data() + n * each, each);
  }
  return made;
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
