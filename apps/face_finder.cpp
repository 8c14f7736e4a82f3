#include "apps/face_finder.h"

#include <algorithm>

namespace bauta {
namespace {

constexpr const char* kYuNet = "yunet";

std::string detector_of(const FaceOptions& options, const CommonOptions& common) {
  if (options.detector == kYuNet && !options.cascade.empty())
    throw CLI::ValidationError("--cascade", "is for --detector haar");
  if (!options.detector.empty()) return options.detector;
  if (!options.cascade.empty()) return "haar";
  if (usual_detector(models_folder()) == kYuNet) return kYuNet;
  say(common,
      "faces are looked for with the Haar cascade, which knows them from the front alone; run scripts/setup "
      "with a connection to PyPI to fetch YuNet");
  return "haar";
}

}  // namespace

void add_detector_options(CLI::App& command, FaceOptions& options) {
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
  const std::string smallest = options.smallest > 0 ? std::to_string(options.smallest)
                                                    : std::to_string(kUsualSmallestFace) +
                                                          ", and what yunet sees of smaller ones, down to " +
                                                          std::to_string(kLeastFaceSeen);
  command.add_flag(
      "--turned", options.turned,
      "yunet: look at each photograph turned by 90, 180 and 270 degrees too, for faces that lie on "
      "their side or stand on their head");
  command
      .add_option(
          "--min-face", options.smallest,
          "side of the smallest face looked for, pixels; the smaller, the longer it takes; default: " +
              smallest)
      ->check(CLI::Range(10, 10'000));
}

void add_face_options(CLI::App& command, FaceOptions& options) {
  add_detector_options(command, options);
  command.add_option("--boxes", options.boxes,
                     "faces of your own instead of a detector: a table with tab-separated columns path, bx, "
                     "by, bw, bh and a header line");
  command.add_flag("--allow-no-face", options.allow_no_face, "a photograph without a face is no problem");
}

FaceSearchOptions search_options(const FaceOptions& options, const CommonOptions& common) {
  FaceSearchOptions search;
  search.detector = detector_of(options, common);
  search.cascade = options.cascade;
  search.score = options.score;
  search.smallest = options.smallest;
  search.turned = options.turned;
  search.backend = asked_cpu(common);
  return search;
}

nlohmann::ordered_json box_json(const Box& box) {
  return {{"x", box.x}, {"y", box.y}, {"width", box.width}, {"height", box.height}};
}

FaceFinder::FaceFinder(const FaceOptions& options, const CommonOptions& common)
    : common_(common), boxes_(options.boxes) {
  if (!options.boxes.empty()) {
    source_ = "boxes";
    table_.emplace(options.boxes);
    return;
  }
  FaceSearchOptions search = search_options(options, common);
  source_ = search.detector;
  search_.emplace(std::move(search));
}

FaceFinder::Found FaceFinder::find(const std::filesystem::path& path, const Image& photo) const {
  Found found;
  if (table_) {
    auto [faces, why_none] = table_->find(path);
    const std::size_t outside =
        std::erase_if(faces, [&photo](const Box& face) { return !is_visible(face, photo); });
    if (outside > 0 && !faces.empty())
      found.note =
          std::to_string(outside) + " of its faces in --boxes lie outside the picture; correct the table";
    if (faces.empty() && why_none.empty()) why_none = "--boxes has only faces outside the picture for it";
    if (faces.empty())
      why_none = "no face is known (" + why_none + "); correct the table or pass --allow-no-face";
    found.scores.resize(faces.size());
    found.faces = std::move(faces);
    found.why_none = std::move(why_none);
    return found;
  }
  for (const FaceSearch::Face& face : (*search_)(photo)) {
    found.faces.push_back(face.box);
    found.scores.push_back(source_ == kYuNet ? std::optional(face.score) : std::nullopt);
  }
  if (found.faces.empty())
    found.why_none = std::string("no face was found; try a smaller --min-face") +
                     (source_ == kYuNet ? " or --score" : "") + ", or give --boxes, or pass --allow-no-face";
  return found;
}

FaceFinder::Found FaceFinder::find(const std::filesystem::path& path, const Photograph& photo) const {
  Found found = find(path, photo.image);
  if (table_ || !photo.has_alpha()) return found;
  constexpr double kSameFace = 0.5;
  const Found on_white = find(path, over_white(photo));
  for (std::size_t i = 0; i < on_white.faces.size(); ++i) {
    const auto is_same = [&face = on_white.faces[i]](const Box& other) {
      return intersection_over_union(face, other) > kSameFace;
    };
    if (std::ranges::any_of(found.faces, is_same)) continue;
    found.faces.push_back(on_white.faces[i]);
    found.scores.push_back(on_white.scores[i]);
  }
  return found;
}

nlohmann::ordered_json FaceFinder::say_unmatched(
    const std::vector<std::filesystem::path>& photographs) const {
  if (!table_) return nullptr;
  const auto [lines, line, path] = table_->unmatched(photographs);
  if (lines == 0) return nullptr;
  const std::string more = lines == 1 ? " is" : " and " + std::to_string(lines - 1) + " more are";
  say(common_, boxes_.string() + ": line " + std::to_string(line) + " (" + path.string() + ")" + more +
                   " about no photograph of this run");
  return {{"lines", lines}, {"first_line", line}, {"first_path", path.string()}};
}

std::vector<Box> FaceFinder::listed(const std::filesystem::path& path) const {
  return table_ ? table_->find(path).boxes : std::vector<Box>();
}

}  // namespace bauta
