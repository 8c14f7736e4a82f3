#include "apps/evaluation_set.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "apps/files.h"
#include "cyclegan/anonymizer/face_crop.h"
#include "io/dataset.h"
#include "io/file_error.h"
#include "io/photo_table.h"

namespace bauta {
namespace {

namespace fs = std::filesystem;

constexpr int kPaperBlocks = 20;

// A photograph, or a picture of a dataset, and who is on it as far as folders tell.
struct Candidate {
  fs::path path;
  std::string person;
  std::optional<Box> face;  // of a dataset's picture
  fs::path source;          // the photograph that it is of
};

std::vector<fs::path> subfolders(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory() && !entry.path().filename().string().starts_with("."))
      found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

std::vector<Candidate> photographs(const fs::path& folder) {
  std::vector<Candidate> found;
  for (const fs::path& path : list_images({folder})) found.push_back({path, "", {}, path});
  if (!found.empty()) return found;
  for (const fs::path& person : subfolders(folder))
    for (const fs::path& path : list_images({person}))
      found.push_back({path, person.filename().string(), {}, path});
  if (found.empty())
    throw FileError(
        folder, "has no photograph in it",
        "name a folder of photographs, one with a folder a person, or one that bauta prepare wrote");
  return found;
}

// Photographs of a dataset that lie in several folders lie in one a person.
void people_by_folder(std::vector<Candidate>& candidates) {
  std::map<fs::path, int> pictures;
  for (const Candidate& candidate : candidates) ++pictures[candidate.source.parent_path()];
  const bool by_person =
      pictures.size() > 1 && std::ranges::any_of(pictures, [](const auto& of) { return of.second > 1; });
  if (!by_person) return;
  for (Candidate& candidate : candidates) candidate.person = candidate.source.parent_path().string();
}

std::vector<Candidate> prepared(const fs::path& folder, int& size, int& blocks) {
  const Dataset dataset = load_dataset(folder);
  if (size > 0 && dataset.size != size)
    throw FileError(folder,
                    "has pictures of " + std::to_string(dataset.size) +
                        " pixels a side, the model works on " + std::to_string(size),
                    "prepare the photographs with --size " + std::to_string(size) + ", or name their folder");
  size = dataset.size;
  if (blocks == 0) blocks = dataset.blocks;
  std::vector<Candidate> found;
  for (std::size_t i = 0; i < dataset.entries.size(); ++i) {
    const DatasetEntry& entry = dataset.entries[i];
    found.push_back({dataset.clear_files[i], "", entry.face,
                     entry.source.empty() ? dataset.clear_files[i] : fs::path(entry.source)});
  }
  people_by_folder(found);
  return found;
}

// Numbers for people; what no table and no folder tells is somebody of their own.
void name_people(const EvaluationSetOptions& options, std::vector<Candidate>& candidates,
                 Problems& problems) {
  if (options.people.empty()) return;
  const PhotoTable table(options.people, {"identity"});
  for (Candidate& candidate : candidates) {
    const auto [entry, why_none] = table.find(candidate.source, "--people");
    if (why_none.empty())
      candidate.person = table.entries()[entry].lines.front().fields.front();
    else
      problems.report(candidate.path.string() + ": " + why_none +
                      "; add it, or it counts as a person of its own");
  }
}

std::optional<FaceLocation> locate_face(const FaceDetector& detector, const Subject& subject) {
  DetectionOptions options;
  options.smallest = std::max(8, std::max(subject.face.width, subject.face.height) / 3);
  std::optional<FaceLocation> best;
  double overlap = 0;
  for (const FoundFace& found : detector.find(subject.clear, options)) {
    const double shared = intersection_over_union(face_box(found.location), subject.box());
    if (shared > overlap) {
      overlap = shared;
      best = found.location;
    }
  }
  return best;
}

}  // namespace

void add_evaluation_set_options(CLI::App& command, EvaluationSetOptions& options) {
  command.add_option("--people", options.people,
                     "who is on the photographs: a table with tab-separated columns path and identity and a "
                     "header line");
  command
      .add_option("--blocks", options.blocks,
                  "mosaic blocks across a face; default: the network's, the dataset's, or 20")
      ->check(CLI::Range(1, 1000));
  command
      .add_option("--margin", options.margin,
                  "of photographs: side of the square crop over the longer side of the face box")
      ->check(between(1, 10))
      ->capture_default_str();
  add_face_options(command, options.faces);
}

SubjectSet load_evaluation_set(const fs::path& folder, const EvaluationSetOptions& options,
                               const CommonOptions& common, const FaceDetector* locate, Problems& problems) {
  int size = options.size, blocks = options.blocks;
  const bool is_prepared = fs::exists(folder / "dataset.json") || fs::is_directory(folder / "clear");
  std::vector<Candidate> candidates = is_prepared ? prepared(folder, size, blocks) : photographs(folder);
  if (blocks == 0) blocks = kPaperBlocks;
  if (options.limit > 0 && candidates.size() > options.limit) candidates.resize(options.limit);
  name_people(options, candidates, problems);

  SubjectSet set;
  set.name = fs::absolute(folder).lexically_normal().filename().string();
  if (set.name.empty()) set.name = fs::absolute(folder).lexically_normal().parent_path().filename().string();
  std::optional<FaceFinder> finder;  // of photographs, and of crops whose boxes nobody wrote down
  std::map<std::string, std::size_t> people;
  std::set<std::string> names;
  Progress progress(common, "photographs", static_cast<std::int64_t>(candidates.size()));
  const auto leave_out = [&](const Candidate& candidate, const std::string& why) {
    ++set.left_out;
    if (!options.faces.allow_no_face) {
      progress.interrupt();
      problems.report(candidate.path.string() + ": " + why);
    }
  };
  for (const Candidate& candidate : candidates) {
    progress.advance();
    Subject subject;
    Image photo;
    try {
      photo = read_image(candidate.path);
    } catch (const FileError& error) {
      progress.interrupt();
      problems.report(error.what());
      ++set.left_out;
      continue;
    }
    Box face;
    if (candidate.face) {
      face = *candidate.face;
    } else {
      if (!finder) finder.emplace(options.faces, common);
      const auto [faces, scores, why_none, note] = finder->find(candidate.path, photo);
      if (faces.empty()) {
        leave_out(candidate, why_none);
        continue;
      }
      face = *std::ranges::max_element(faces, {}, &Box::area);
    }
    if (is_prepared) {
      subject.clear = std::move(photo);
    } else {
      FaceCrop crop = crop_face(photo, face, options.margin, size, blocks);
      subject.clear = std::move(crop.clear);
      face = *crop.entry.face;
    }
    subject.face = {face.x, face.y, face.width, face.height, mosaic_block(face, blocks)};
    subject.name = candidate.path.stem().string();
    if (names.contains(subject.name))
      subject.name = candidate.path.parent_path().filename().string() + "_" + subject.name;
    for (int number = 2; !names.insert(subject.name).second; ++number) {
      const std::size_t end = subject.name.find_last_not_of("0123456789");
      if (number > 2) subject.name.resize(end);
      subject.name.append("-").append(std::to_string(number));
    }
    // A key that no folder and no table can have stands for whoever is on this picture alone.
    const std::string person = candidate.person.empty()
                                   ? std::string("\n").append(std::to_string(set.subjects.size()))
                                   : candidate.person;
    subject.person = people.emplace(person, people.size()).first->second;
    if (locate) subject.location = locate_face(*locate, subject);
    set.subjects.push_back(std::move(subject));
  }
  set.people_known = people.size() < set.subjects.size();
  return set;
}

}  // namespace bauta
