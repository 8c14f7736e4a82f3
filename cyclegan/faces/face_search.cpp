#include "cyclegan/faces/face_search.h"

#include <omp.h>

#include <stdexcept>

#include "cyclegan/faces/idle_pool.h"

namespace bauta {
namespace {

constexpr const char* kYuNet = "yunet";
constexpr const char* kHaar = "haar";

}  // namespace

// A network for each thread that looks for faces at the moment. On the CPU: a card has other work, and cores
// of a machine with one have none.
class FaceSearch::YuNetPool {
 public:
  explicit YuNetPool(const FaceSearchOptions& options)
      : pool_([weights = fetched_network(kYuNet, options.models),
               &backend = options.backend ? *options.backend : *available_backends().front()] {
          return std::make_unique<Detecting>(backend, omp_get_max_threads(), weights);
        }) {
    options_.score = options.score;
    options_.smallest = smallest_face(options.smallest);
    options_.least = least_face_seen(options.smallest);
    options_.turned = options.turned;
    options_.always_twice = options.always_twice;
    options_.enlarged = options.enlarged;
  }

  std::vector<FoundFace> find(const Image& photo) {
    return pool_.use([&](const Detecting& one) { return one.detector.find(photo, options_); });
  }

 private:
  struct Detecting {
    Detecting(const Backend& backend, int most, const std::filesystem::path& weights)
        : threads(most), engine(backend, most), detector(engine, weights) {}
    int threads;
    Engine engine;
    FaceDetector detector;
  };

  DetectionOptions options_;
  IdlePool<Detecting> pool_;
};

std::string usual_detector(const std::filesystem::path& models) {
  return found_fetched_network(kYuNet, models) ? kYuNet : kHaar;
}

FaceSearch::FaceSearch(FaceSearchOptions options) : options_(std::move(options)) {
  std::string& detector = options_.detector;
  if (detector.empty()) detector = options_.cascade.empty() ? usual_detector(options_.models) : kHaar;
  if (detector == kYuNet)
    yunet_ = std::make_unique<YuNetPool>(options_);
  else if (detector == kHaar)
    cascade_ = HaarCascade::load(cascade_file(options_.cascade));
  else
    throw std::invalid_argument("FaceSearch: there is no detector " + detector);
}

FaceSearch::~FaceSearch() = default;

std::vector<FaceSearch::Face> FaceSearch::operator()(const Image& photo) const {
  std::vector<Face> faces;
  if (cascade_) {
    HaarOptions haar;
    haar.min_size = smallest_face(options_.smallest);
    for (const Box& box : cascade_->detect(to_grey(photo), photo.width, photo.height, haar))
      faces.push_back({box});
  } else {
    for (const FoundFace& face : yunet_->find(photo)) faces.push_back({face_box(face.location), face.score});
  }
  std::erase_if(faces, [&photo](const Face& face) { return !is_visible(face.box, photo); });
  return faces;
}

bool is_visible(const Box& face, const Image& photo) {
  return intersection(face, {0, 0, photo.width, photo.height}).area() > 0;
}

}  // namespace bauta
