#include "apps/face_finder.h"

#include <algorithm>

#include "apps/model_path.h"

namespace bauta {

void add_face_options(CLI::App& command, FaceOptions& options) {
  const auto is_known = [](const std::string& name) -> std::string {
    return name == "haar" ? "" : "there is no detector " + name + " in this bauta, only haar";
  };
  command
      .add_option("--detector", options.detector,
                  "what finds the faces: haar, a Haar cascade, the paper's detector")
      ->check(CLI::Validator(is_known, ""))
      ->capture_default_str();
  command.add_option("--cascade", options.cascade, "OpenCV's XML file for haar, instead of its frontal face");
  command.add_option("--boxes", options.boxes,
                     "faces of your own instead of a detector: a table with tab-separated columns path, bx, "
                     "by, bw, bh and a header line");
  command.add_option("--min-face", options.smallest, "side of the smallest face looked for, pixels")
      ->check(CLI::Range(20, 10'000))
      ->capture_default_str();
  command.add_flag("--allow-no-face", options.allow_no_face, "a photograph without a face is no problem");
}

FaceFinder::FaceFinder(const FaceOptions& options) {
  haar_.min_size = options.smallest;
  if (options.boxes.empty())
    cascade_ = HaarCascade::load(cascade_file(options.cascade));
  else
    table_.emplace(options.boxes);
}

FaceFinder::Found FaceFinder::find(const std::filesystem::path& path, const Image& photo) const {
  if (cascade_) {
    Found found{cascade_->detect(to_grey(photo), photo.width, photo.height, haar_), ""};
    if (found.faces.empty())
      found.why_none =
          "no face was found; try a smaller --min-face, or give --boxes, or pass --allow-no-face";
    return found;
  }
  auto [faces, why_none] = table_->find(path);
  std::erase_if(faces, [&photo](const Box& face) {
    return intersection(face, {0, 0, photo.width, photo.height}).area() == 0;
  });
  if (faces.empty() && why_none.empty()) why_none = "--boxes has only faces outside the picture for it";
  if (faces.empty())
    why_none = "no face is known (" + why_none + "); correct the table or pass --allow-no-face";
  return {std::move(faces), std::move(why_none)};
}

}  // namespace bauta
