#include "cyclegan/faces/face_search.h"

#include <omp.h>

#include <mutex>
#include <stdexcept>

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
      : weights_(fetched_network(kYuNet, options.models)),
        backend_(options.backend ? *options.backend : *available_backends().front()) {
    options_.score = options.score;
    options_.smallest = options.smallest;
    options_.always_twice = options.always_twice;
    idle_.push_back(make());  // weights that are damaged are so before any photograph is read
  }

  std::vector<FoundFace> find(const Image& photo) {
    std::unique_ptr<Detecting> one = take();
    auto faces = one->detector.find(photo, options_);
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(one));
    return faces;
  }

 private:
  struct Detecting {
    Detecting(const Backend& backend, int most, const std::filesystem::path& weights)
        : threads(most), engine(backend, most), detector(engine, weights) {}
    int threads;
    Engine engine;
    FaceDetector detector;
  };

  std::unique_ptr<Detecting> make() const {
    return std::make_unique<Detecting>(backend_, omp_get_max_threads(), weights_);
  }

  // One with as many threads as the calling thread has.
  std::unique_ptr<Detecting> take() {
    {
      const std::lock_guard lock(mutex_);
      for (auto& one : idle_) {
        if (one->threads != omp_get_max_threads()) continue;
        std::swap(one, idle_.back());
        auto taken = std::move(idle_.back());
        idle_.pop_back();
        return taken;
      }
    }
    return make();
  }

  std::filesystem::path weights_;
  const Backend& backend_;
  DetectionOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Detecting>> idle_;
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
    haar.min_size = options_.smallest;
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
