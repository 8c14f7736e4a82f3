#include "cyclegan/networks/pictures.h"

#include "kernels/check.h"
#include "nn/uploaded.h"

namespace bauta {

Tensor to_tensor(Engine& engine, const std::vector<Image>& pictures, const std::vector<bool>& mirrored) {
  BAUTA_CHECK(!pictures.empty(), "no pictures");
  const int width = pictures.front().width, height = pictures.front().height;
  std::vector<Uploaded<std::uint8_t>> pixels;
  std::vector<PictureCut> cuts;
  for (std::size_t n = 0; n < pictures.size(); ++n) {
    const Image& picture = pictures[n];
    BAUTA_CHECK(picture.width == width && picture.height == height, "pictures of ", picture.width, " x ",
                picture.height, " and of ", width, " x ", height, " pixels");
    pixels.emplace_back(engine, picture.pixels);
    cuts.push_back({.pixels = pixels.back().data(),
                    .width = width,
                    .height = height,
                    .mirrored = n < mirrored.size() && mirrored[n]});
  }
  const Tensor batch = Tensor::empty(engine, {static_cast<int>(pictures.size()), height, width, 3});
  engine.kernels().augment(batch.view(), Uploaded<PictureCut>(engine, cuts), engine.context());
  return batch;
}

Image to_image(const Tensor& batch, int n) {
  const Shape one{1, batch.shape().h, batch.shape().w, batch.shape().c};
  Engine& engine = batch.engine();
  Image image = blank_image(one.w, one.h);
  const Uploaded<std::uint8_t> bytes(engine, image.pixels.size());
  engine.kernels().to_bytes(bytes.data(), batch.alias(static_cast<std::size_t>(n) * one.count(), one).view(),
                            engine.context());
  bytes.read(engine, image.pixels);
  return image;
}

}  // namespace bauta
