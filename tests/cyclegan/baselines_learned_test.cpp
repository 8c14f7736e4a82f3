// The baselines that are networks: their parts, what a step teaches, and files.
#include <doctest/doctest.h>

#include "cyclegan/baselines/baselines.h"
#include "cyclegan/baselines/likeness.h"
#include "cyclegan/baselines/teacher.h"
#include "cyclegan/networks/pictures.h"
#include "io/file_error.h"
#include "io/safetensors.h"
#include "nn/tape.h"
#include "tests/cyclegan/anonymizer_pictures.h"
#include "tests/cyclegan/baseline_pictures.h"
#include "tests/cyclegan/workshop.h"

using namespace bauta;
using namespace bauta::test;

namespace {

BaselineTraining small_training(LearnedKind kind, std::int64_t steps) {
  BaselineTraining training;
  training.kind = kind;
  training.ngf = 4;
  training.ndf = 2;
  training.steps = steps;
  return training;
}

// The losses of the first step and of the last.
std::pair<BaselineTeacher::Losses, BaselineTeacher::Losses> taught(BaselineTeacher& teacher,
                                                                   const BaselineTraining& training,
                                                                   const Workshop& workshop) {
  const TrainingData data(workshop.data(), true);
  BaselineTeacher::Losses first, last;
  train_baseline(
      teacher, engine(), training, data, [] { return false; },
      [&](const BaselineTeacher::Losses& losses) {
        last = losses;
        if (teacher.steps_done() == 1) first = losses;
      });
  return {first, last};
}

Tensor tensor_of(const Image& picture) { return to_tensor(engine(), {picture}); }

// A pattern of single pixels that drowns the picture, and that anyone looks through.
Image under_chessboard(const Image& picture) {
  Image covered = picture;
  for (int y = 0; y < picture.height; ++y)
    for (int x = 0; x < picture.width; ++x)
      for (int c = 0; c < 3; ++c)
        covered.at(x, y)[c] =
            static_cast<std::uint8_t>(picture.at(x, y)[c] / 2 + ((x + y) % 2 == 0 ? 127 : 0));
  return covered;
}

}  // namespace

TEST_CASE(
    "learned baselines: likeness is large of a picture with itself or its negative, and near 0 of noise") {
  Image picture = smooth_picture(64, 64);
  for (std::size_t i = 0; i < picture.pixels.size(); ++i)
    picture.pixels[i] = picture.pixels[i / 3 * 3];  // grey, as a face nearly is
  const Tensor x = tensor_of(picture);
  const float with_itself = likeness(x, x).item();  // not 1: some windows are flat
  CHECK(with_itself > 0.6f);
  CHECK(with_itself <= 1);
  CHECK(likeness(x, scale(x, -1)).item() == doctest::Approx(with_itself).epsilon(1e-3));
  CHECK(likeness(x, affine(x, 0.5f, 0.2f)).item() > 0.8f * with_itself);
  Image noise = picture;
  for (std::size_t i = 0; i < noise.pixels.size(); ++i)
    noise.pixels[i] = static_cast<std::uint8_t>(RandomStream{7, 7}.below(256, i));
  CHECK(likeness(x, tensor_of(noise)).item() < 0.1f);
  CHECK(likeness(x, tensor_of(under_chessboard(picture))).item() > 0.4f);
  CHECK(likeness(x, Tensor::full(engine(), x.shape(), 0.25f)).item() < 1e-3f);
}

TEST_CASE("learned baselines: a password says what becomes of a picture, and only inside the box") {
  const LearnedNetworks networks(engine(), LearnedKind::Password, 4);
  networks.initialize(1, 1);
  const auto method = learned_method(engine(), networks);
  CHECK(method->keyed());
  const Image clear = smooth_picture(96, 80);
  for (const MosaicBox& face : kFaces) {
    CAPTURE(face.x);
    const Image hidden = method->hide({&clear, face});
    CHECK(same_outside(hidden, clear, face));
    CHECK(hidden != clear);
    const Image right = method->restore({&hidden, face}),
                wrong = method->restore({&hidden, face}, Key::Wrong);
    CHECK(same_outside(right, hidden, face));
    CHECK(right != wrong);
  }
}

TEST_CASE("learned baselines: pictures of any size, one at a time for any number of threads") {
  const LearnedNetworks networks(engine(), LearnedKind::UUNet, 4);
  networks.initialize(1, 1);
  const auto method = learned_method(engine(), networks);
  CHECK(method->reversible());
  CHECK_FALSE(method->keyed());
  for (const auto& [width, height] : {std::pair{128, 128}, {75, 53}, {9, 31}, {5, 3}}) {
    const Image clear = smooth_picture(width, height);
    const MosaicBox face{1, 1, width - 2, height - 2, 2};
    const Image hidden = method->hide({&clear, face});
    CHECK(hidden.width == width);
    CHECK(hidden.height == height);
    CHECK(same_outside(hidden, clear, face));
    CHECK(same_outside(method->restore({&hidden, face}), clear, face));
  }
}

TEST_CASE("learned baselines: training brings the face back where only that is asked") {
  const Workshop workshop;
  for (const auto kind : {LearnedKind::Password, LearnedKind::UUNet}) {
    CAPTURE(to_string(kind));
    BaselineTraining training = small_training(kind, 280);
    training.hidden = training.different = training.wrong = training.adversarial = 0;
    BaselineTeacher teacher(engine(), training);
    const auto [first, last] = taught(teacher, training, workshop);
    CHECK(last.restored.item() < 0.7f * first.restored.item());
    for (const Tensor& none : {last.hidden, last.different, last.wrong, last.adversarial, last.discriminator})
      CHECK_FALSE(static_cast<bool>(none));
  }
}

TEST_CASE(
    "learned baselines: training takes the face's likeness away, by either password and for the wrong one") {
  const Workshop workshop;
  for (const auto kind : {LearnedKind::Password, LearnedKind::UUNet}) {
    CAPTURE(to_string(kind));
    BaselineTraining training = small_training(kind, 100);
    training.restored = 0;
    training.learning_rate = 3e-3f;
    BaselineTeacher teacher(engine(), training);
    const auto [first, last] = taught(teacher, training, workshop);
    CHECK(last.hidden.item() < 0.9f * first.hidden.item());
    CHECK_FALSE(static_cast<bool>(last.identity));
    CHECK(static_cast<bool>(last.different) == (kind == LearnedKind::Password));
    CHECK(static_cast<bool>(last.wrong) == (kind == LearnedKind::Password));
    if (kind == LearnedKind::UUNet) continue;
    CHECK(last.different.item() < 0.9f * first.different.item());
    CHECK(last.wrong.item() < 0.9f * first.wrong.item());
  }
}

TEST_CASE("learned baselines: a training draws the same by its seed, and other passwords each step") {
  const Workshop workshop;
  const auto weights_after = [&](std::uint64_t seed) {
    BaselineTraining training = small_training(LearnedKind::Password, 3);
    training.seed = seed;
    BaselineTeacher teacher(engine(), training);
    taught(teacher, training, workshop);
    return teacher.networks().parameters().flat().values();
  };
  CHECK(weights_after(1) == weights_after(1));
  CHECK(weights_after(1) != weights_after(2));
  const auto password = [](std::uint64_t index) {
    return make_password(engine(), random_stream(1, RandomUse::Password, index)).values();
  };
  CHECK(password(0) != password(1));
  for (const float bit : password(0)) CHECK(std::abs(bit) == 1);
}

TEST_CASE("learned baselines: pictures of a size that the networks do not take are refused before training") {
  const Workshop workshop;
  Dataset dataset = load_dataset(workshop.data());
  dataset.size = 36;
  for (std::size_t i = 0; i < dataset.entries.size(); ++i) {
    write_png(dataset.clear_files[i], blank_image(36, 36), {}, true);
    write_png(dataset.mosaic_files[i], blank_image(36, 36), {}, true);
  }
  save_dataset(workshop.data(), dataset, true);
  const BaselineTraining training = small_training(LearnedKind::UUNet, 1);
  BaselineTeacher teacher(engine(), training);
  CHECK_THROWS_WITH_AS(taught(teacher, training, workshop), doctest::Contains("36 pixels wide"), FileError);
}

TEST_CASE("learned baselines: an identity network has a say where there is one") {
  const Workshop workshop;
  BaselineTraining training = small_training(LearnedKind::UUNet, 1);
  int asked = 0;
  BaselineTeacher teacher(engine(), training, [&](const Tensor& pictures, const Boxes& boxes) {
    ++asked;
    CHECK(boxes.size() == 1);
    const Shape& s = pictures.shape();
    const Tensor colour = reduce_sum(pictures, {s.n, 1, 1, s.c});
    return colour * broadcast(rsqrt(reduce_sum(colour * colour, {s.n, 1, 1, 1})), colour.shape());
  });
  const auto [first, last] = taught(teacher, training, workshop);
  CHECK(asked == 2);
  CHECK(first.identity.item() > 0.5f);  // two colours that are nearly one
  CHECK(first.identity.item() <= 1.0001f);
}

TEST_CASE("learned baselines: a file gives back the networks that went into it") {
  const Workshop workshop;
  const auto path = workshop.run("baseline.safetensors");
  for (const auto kind : {LearnedKind::Password, LearnedKind::UUNet}) {
    const LearnedNetworks networks(engine(), kind, 3);
    networks.initialize(5, 1);
    save_learned(path, networks, {{"steps", "0"}});
    const Image clear = smooth_picture(40, 48);
    const FacePicture picture{&clear, {4, 4, 30, 30, 2}};
    const auto loaded = make_baseline(engine(), to_string(kind) + ":" + path.string());
    const Image hidden = loaded->hide(picture);
    CHECK(hidden == learned_method(engine(), networks)->hide(picture));
    CHECK(loaded->restore({&hidden, picture.face}) ==
          learned_method(engine(), networks)->restore({&hidden, picture.face}));
    CHECK(read_safetensors_header(path).metadata.at("steps") == "0");
  }
}

TEST_CASE("learned baselines: files that are none of theirs are refused by name") {
  const Workshop workshop;
  const auto path = workshop.run("baseline.safetensors");
  const LearnedNetworks networks(engine(), LearnedKind::UUNet, 3);
  networks.initialize(5, 1);
  save_learned(path, networks, {});
  const SafetensorsFile good = read_safetensors(path);
  const auto refused = [&](const char* kind, const char* why) {
    CAPTURE(why);
    CHECK_THROWS_WITH_AS(make_baseline(engine(), std::string(kind) + ":" + path.string()),
                         doctest::Contains(why), FileError);
  };
  const auto damaged = [&](const auto& damage) {
    SafetensorsFile file = good;
    damage(file);
    write_safetensors(path, file, true);
  };
  refused("password", "its architecture is \"bauta-baseline-uunet\", not that of password");
  damaged([](SafetensorsFile& file) { file.metadata["ngf"] = "4000000"; });
  refused("uunet", "its metadata has ngf = \"4000000\"");
  damaged([](SafetensorsFile& file) { file.metadata["ngf"] = "4"; });
  refused("uunet", "instead of (4, 3, 3, 3)");
  damaged([](SafetensorsFile& file) { file.tensors.erase("B.leave.bias"); });
  refused("uunet", "tensor B.leave.bias is missing");
  damaged([](SafetensorsFile& file) { file.tensors["C.weight"] = {{1}, {0}}; });
  refused("uunet", "it has the unknown tensor C.weight");
  std::filesystem::remove(path);
  refused("uunet", path.c_str());
}
