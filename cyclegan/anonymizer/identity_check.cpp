#include "cyclegan/anonymizer/identity_check.h"

#include <omp.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "cyclegan/faces/face_detector.h"
#include "cyclegan/faces/idle_pool.h"
#include "cyclegan/faces/sface.h"
#include "nn/engine.h"

namespace bauta {
namespace {

constexpr int kFacePixels = 160;    // longer side of the face, at most, as the networks are shown it
constexpr int kLargestCopy = 1024;  // longer side of the face, from twice that on it is averaged
constexpr double kMostly = 0.5;     // of the smaller of face and box that lies in the other
constexpr std::size_t kMostJudges = 8;
constexpr int kSmallestFace = 10;  // longer side that is looked for

// The means of k x k pixels in the box, whose sides k divides; a strip of the photograph at a time.
Image means_of(const Image& photo, const Box& box, int k) {
  Image means = blank_image(box.width / k, box.height / k);
  for (int y = 0; y < means.height; ++y)
    paste(means, block_average(crop(photo, box.x, box.y + y * k, box.width, k), k), 0, y);
  return means;
}

// The square of twice the box's side about its centre, and in it the box.
struct Surroundings {
  Box square;
  int k = 1;      // pixels of the photograph a side that are one at first: of a large face not all are copied
  double factor;  // from the photograph to what is shown
  Box face;

  explicit Surroundings(const Box& box) {
    const int longer = std::max(box.width, box.height);
    k = std::max(1, longer / kLargestCopy);
    const int side = 2 * longer / k * k;
    square = {box.x - (side - box.width) / 2, box.y - (side - box.height) / 2, side, side};
    factor = std::min(1.0, static_cast<double>(kFacePixels) / longer);
    const auto scaled = [this](int pixels) { return static_cast<int>(pixels * factor); };
    face = {scaled(box.x - square.x), scaled(box.y - square.y), std::max(1, scaled(box.width)),
            std::max(1, scaled(box.height))};
  }
  Image of(const Image& photo) const {
    const Image part = k > 1 ? means_of(photo, square, k) : crop(photo, square);
    const int side = std::max(1, static_cast<int>(square.width * factor));
    return factor < 1 ? resize(part, side, side) : part;
  }
};

// The weights that all judges share.
struct Recognizer {
  Recognizer(const Backend& backend, const std::filesystem::path& models)
      : engine(backend, omp_get_max_threads()), network(engine, fetched_network("sface", models)) {
    network.embed({blank_image(network.side(), network.side())});  // as SFace asks before it is shared
  }

  Engine engine;
  SFace network;
};

}  // namespace

struct IdentityCheck::Judge {
  Judge(const Backend& backend, const std::filesystem::path& models, const SFace& shared)
      : threads(omp_get_max_threads()),
        engine(backend, threads),
        detector(engine, fetched_network("yunet", models)),
        recognizer(engine, shared) {}

  // Of the faces found in the picture, those that lie in the box, or it in them.
  std::vector<FaceLocation> faces_in(const Image& picture, const Box& box, bool turned_too) const {
    DetectionOptions options;
    options.smallest = kSmallestFace;
    options.turned_too = turned_too;
    std::vector<FaceLocation> found;
    for (const FoundFace& face : detector.find(picture, options)) {
      const Box place = face_box(face.location);
      const auto smaller = static_cast<double>(std::min(place.area(), box.area()));
      if (static_cast<double>(intersection(place, box).area()) >= kMostly * smaller)
        found.push_back(face.location);
    }
    return found;
  }

  int threads;
  Engine engine;
  FaceDetector detector;
  SFace recognizer;
};

class IdentityCheck::Judges {
 public:
  Judges(const Backend& backend, const std::filesystem::path& models)
      : recognizer_(backend, models),
        pool_([&backend, models,
               this] { return std::make_unique<Judge>(backend, models, recognizer_.network); },
              kMostJudges) {}

  template <class Work>
  auto use(const Work& work) {
    return pool_.use(work);
  }

 private:
  Recognizer recognizer_;
  IdlePool<Judge> pool_;
};

bool IdentityCheck::is_available(const std::filesystem::path& models) {
  return found_fetched_network("yunet", models) && found_fetched_network("sface", models);
}

IdentityCheck::IdentityCheck(const Backend* backend, const std::filesystem::path& models) {
  const Backend& on = backend ? *backend : *available_backends().front();
  judges_ = std::make_unique<Judges>(on, models);
}

IdentityCheck::~IdentityCheck() = default;

std::optional<double> IdentityCheck::operator()(const Image& clear, const Image& written,
                                                const Box& face) const {
  if (clear.width != written.width || clear.height != written.height)
    throw std::invalid_argument("IdentityCheck: the pictures differ in size");
  const Surroundings around(face);
  const Image before = around.of(clear), after = around.of(written);
  return judges_->use([&](const Judge& judge) -> std::optional<double> {
    const std::vector<FaceLocation> there = judge.faces_in(before, around.face, true);
    if (there.empty()) return {};
    std::vector<Image> cuts;
    for (const FaceLocation& location : there) cuts.push_back(judge.recognizer.cut(before, location));
    for (const FaceLocation& location : there) cuts.push_back(judge.recognizer.cut(after, location));
    // Mosaics are full of doubt, and where the clear face lies is known.
    for (const FaceLocation& location : judge.faces_in(after, around.face, false))
      cuts.push_back(judge.recognizer.cut(after, location));
    const std::vector<Embedding> all = judge.recognizer.embed(cuts);
    double largest = -1;
    for (std::size_t i = 0; i < there.size(); ++i)
      for (std::size_t j = there.size(); j < all.size(); ++j)
        largest = std::max(largest, cosine(all[i], all[j]));
    return largest;
  });
}

}  // namespace bauta
