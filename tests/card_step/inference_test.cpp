// Inference, the very code that runs on a card, on the emulated one: batches beside single pictures and the
// CPU, graphs, memory that runs out.
#include <algorithm>
#include <cstdlib>
#include <thread>

#include "cyclegan/anonymizer/network_runner.h"
#include "kernels/check.h"
#include "tests/compare.h"
#include "tests/cyclegan/anonymizer_pictures.h"
#include "tests/emulator/emulator.h"
#include "tests/emulator/reference_libraries.h"

namespace bauta::test {

namespace {

constexpr MosaicBox kFace{3, 5, 22, 20, 4};

std::vector<Image> pictures(std::size_t count, int side = 32) {
  std::vector<Image> made;
  for (std::size_t i = 0; i < count; ++i) {
    made.push_back(smooth_picture(side, side));
    for (auto& value : made.back().pixels) value = static_cast<std::uint8_t>(value + 3 * i);
  }
  return made;
}

std::vector<FacePicture> asked(const std::vector<Image>& images) {
  std::vector<FacePicture> asked;
  for (std::size_t i = 0; i < images.size(); ++i) {
    MosaicBox face = kFace;
    face.x += static_cast<int>(i);
    asked.push_back({&images[i], face});
  }
  return asked;
}

int largest_difference(const Image& a, const Image& b) {
  int largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    largest = std::max(largest, std::abs(int{a.pixels[i]} - int{b.pixels[i]}));
  return largest;
}

struct Network {
  Engine engine;
  UntrainedNetwork network;
  NetworkRunner run;

  Network(const Backend& backend, GeneratorKind kind, GeneratorRole role = GeneratorRole::DeId)
      : engine(backend, 2), network(engine, kind, role), run(engine, network.generator) {}
};

}  // namespace

TEST_CASE("batches on the card equal its single pictures, replayed or not, and the CPU's") {
  for (const auto kind : {GeneratorKind::Reference, GeneratorKind::Bounded}) {
    CAPTURE(to_string(kind));
    Network card(emulated_with_libraries, kind), cpu(*available_backends().front(), kind);
    const std::vector<Image> images = pictures(4);
    const std::vector<FacePicture> all = asked(images);
    std::vector<Image> single;
    for (const FacePicture& one : all) {
      single.push_back(card.run({&one, 1}).front());
      CHECK(largest_difference(single.back(), cpu.run({&one, 1}).front()) <= 1);
    }
    CHECK(card.run.graphs() == 1);
    for (int turn = 0; turn < 5; ++turn) {
      CAPTURE(turn);
      const std::vector<Image> batch = card.run(all);
      REQUIRE(batch.size() == all.size());
      for (std::size_t i = 0; i < all.size(); ++i) CHECK(batch[i] == single[i]);
    }
    CHECK(card.run.graphs() == 2);
    CHECK(card.run({&all[2], 1}).front() == single[2]);
    CHECK(cpu.run.graphs() == 0);
  }
}

TEST_CASE("a replayed picture allocates nothing, waits once, and is copied from and to pinned memory") {
  Network card(emulated_with_libraries, GeneratorKind::Bounded);
  const std::vector<Image> images = pictures(2);
  const std::vector<FacePicture> all = asked(images);
  while (card.run.graphs() == 0) card.run(all);
  emulator::reset_counts();
  card.run(all);
  CHECK(emulator::counts().allocations == 0);
  CHECK(emulator::counts().synchronizations == 1);
  CHECK(emulator::counts().pageable_copies == 0);
}

TEST_CASE("while the card works on a batch the next is uploaded and the last downloaded") {
  const emulator::ScopedOptions restored;
  Network card(emulated_with_libraries, GeneratorKind::Bounded);
  std::vector<std::vector<Image>> images, expected;
  for (std::size_t i = 0; i < 3; ++i) images.push_back(pictures(2 + i));
  for (auto& batch : images) batch.erase(batch.begin(), batch.end() - 2);  // three different pairs
  while (card.run.graphs() == 0) card.run(asked(images[0]));
  for (const auto& batch : images) expected.push_back(card.run(asked(batch)));
  {
    const auto one = card.run.begin(asked(images[0])), other = card.run.begin(asked(images[1]));
    CHECK(one() == expected[0]);  // what two at a time need is there now
    CHECK(other() == expected[1]);
  }

  emulator::options.list_work = true;
  emulator::reset_counts();
  const auto first = card.run.begin(asked(images[0]));
  const auto second = card.run.begin(asked(images[1]));
  CHECK_THROWS_AS(card.run.begin(asked(images[2])), CheckError);
  CHECK(emulator::counts().synchronizations == 0);
  CHECK(first() == expected[0]);
  CHECK(second() == expected[1]);
  CHECK(card.run(asked(images[2])) == expected[2]);

  const auto all_of = [work = emulator::work_done()](const std::string& launcher) {
    std::vector<emulator::WorkDone> found;
    std::ranges::copy_if(work, std::back_inserter(found),
                         [&](const auto& one) { return one.launcher == launcher; });
    return found;
  };
  const auto uploads = all_of("cudaMemcpyAsync host to device"),
             downloads = all_of("cudaMemcpyAsync device to host"), begins = all_of("augment"),
             ends = all_of("to_bytes");
  REQUIRE(uploads.size() >= 4);  // pictures and faces of each
  REQUIRE(downloads.size() >= 2);
  REQUIRE(begins.size() >= 2);
  CHECK(uploads[0].comes_before(begins[0]));
  CHECK(uploads[2].comes_before(begins[1]));
  CHECK(ends[0].comes_before(begins[1]));
  CHECK(ends[0].comes_before(downloads[0]));
  CHECK_FALSE(begins[0].comes_before(uploads[2]));
  CHECK_FALSE(downloads[0].comes_before(begins[1]));
  CHECK_FALSE(downloads[0].comes_before(uploads[2]));
  CHECK_FALSE(ends[1].comes_before(downloads[0]));
}

TEST_CASE("few sizes are kept, and each is right again when it comes back") {
  Network card(emulated_with_libraries, GeneratorKind::Bounded, GeneratorRole::ReId);
  std::vector<Image> first;
  for (int turn = 0; turn < 2; ++turn) {
    for (int i = 0; i <= static_cast<int>(NetworkRunner::kMostRecordings); ++i) {
      CAPTURE(i);
      const std::vector<Image> images = pictures(1, 32 + 4 * i);
      Image made;
      for (int again = 0; again < 4; ++again) {
        const Image next = card.run(asked(images)).front();
        if (again > 0) CHECK(next == made);
        made = next;
      }
      if (turn == 0)
        first.push_back(made);
      else
        CHECK(made == first[static_cast<std::size_t>(i)]);
    }
    CHECK(card.run.recordings() == NetworkRunner::kMostRecordings);
  }
}

TEST_CASE("a graph goes on when larger pictures have made the kernels' scratch memory grow") {
  Network card(emulated_with_libraries, GeneratorKind::Reference);
  const std::vector<Image> small = pictures(1), large = pictures(1, 96);
  Image made;
  while (card.run.graphs() == 0) made = card.run(asked(small)).front();
  for (int turn = 0; turn < 4; ++turn) card.run(asked(large));
  for (int turn = 0; turn < 4; ++turn) CHECK(card.run(asked(small)).front() == made);
  CHECK(card.run.graphs() == 2);
}

TEST_CASE("where memory runs out other recordings go first, then the error says how much there is") {
  const emulator::ScopedOptions restored;
  constexpr std::size_t kRoom = 1 << 20;  // for bytes and boxes, not for a network's tensors
  Network card(emulated_with_libraries, GeneratorKind::Bounded),
      other(emulated_with_libraries, GeneratorKind::Bounded);
  const std::vector<Image> large = pictures(1, 192), batch = pictures(8, 64), too_many = pictures(8, 192);
  const Image expected = other.run(asked(large)).front();
  std::vector<Image> made;
  while (card.run.graphs() == 0) made = card.run(asked(batch));

  emulator::options.device_bytes = card.engine.memory().held + other.engine.memory().held + kRoom;
  for (int turn = 0; turn < 4; ++turn) CHECK(card.run(asked(large)).front() == expected);
  CHECK(card.run.recordings() == 1);
  CHECK_THROWS_AS(card.run(asked(too_many)), OutOfMemory);
  CHECK(card.run.recordings() == 0);
  CHECK_THROWS_WITH(card.run(asked(too_many)), doctest::Contains("MiB asked for"));
  for (int turn = 0; turn < 4; ++turn) CHECK(card.run(asked(batch)) == made);
  CHECK(card.run.graphs() == 1);
}

TEST_CASE("a shared network on the card gives each thread its own picture") {
  Engine engine(emulated_with_libraries, 1);
  const UntrainedNetwork G(engine, GeneratorKind::Bounded, GeneratorRole::DeId);
  const std::vector<Image> images = pictures(12);
  const std::vector<FacePicture> all = asked(images);
  std::vector<Image> single, made(all.size());
  for (const auto& [picture, face] : all) single.push_back(G.network(*picture, face));
  const FaceNetwork shared = shared_face_network(engine, G.generator);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < all.size(); ++i)
      threads.emplace_back([&, i] { made[i] = shared(*all[i].picture, all[i].face); });
  }
  for (std::size_t i = 0; i < all.size(); ++i) CHECK(made[i] == single[i]);
}

}  // namespace bauta::test
