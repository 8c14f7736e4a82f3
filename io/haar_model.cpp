#include "io/haar_model.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <pugixml.hpp>
#include <string_view>

#include "io/file_error.h"
#include "io/input_file.h"

namespace bauta {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{64} << 20;
constexpr int kMinWindow = 4;
// A window's squared pixels must sum to less than 2^32.
constexpr int kMaxWindow = 128;
// OpenCV lowers every stage's threshold by this much against rounding.
constexpr float kStageTolerance = 1e-5f;

// What is wrong with a file, on its way to where the path is known.
struct Rejection {
  std::string reason;
};

[[noreturn]] void reject(std::string reason) { throw Rejection{std::move(reason)}; }

std::vector<double> numbers_in(const pugi::xml_node& node) {
  const std::string_view text = node.text().get();
  constexpr std::string_view kSpaces = " \t\r\n";
  std::vector<double> numbers;
  std::size_t position = text.find_first_not_of(kSpaces);
  while (position != std::string_view::npos) {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + position, end, value);
    if (error != std::errc() || !std::isfinite(value) ||
        (stop != end && kSpaces.find(*stop) == std::string_view::npos)) {
      reject(std::string(node.name()) + " holds something that is no number");
    }
    numbers.push_back(value);
    position = text.find_first_not_of(kSpaces, static_cast<std::size_t>(stop - text.data()));
  }
  return numbers;
}

double number_in(const pugi::xml_node& parent, const char* name) {
  const std::vector<double> numbers = numbers_in(parent.child(name));
  if (numbers.size() != 1) reject(std::string(name) + " is missing or not one number");
  return numbers[0];
}

int to_int(double value, int low, int high, const char* what) {
  if (!(value >= low && value <= high) || value != std::floor(value)) {
    reject(std::string(what) + " out of range");
  }
  return static_cast<int>(value);
}

Box read_box(const std::vector<double>& numbers, bool tilted, const HaarModel& model) {
  const auto side = [&](std::size_t i) { return to_int(numbers[i], 0, kMaxWindow, "a feature's rectangle"); };
  const Box box{side(0), side(1), side(2), side(3)};
  const int left = tilted ? box.x - box.height : box.x;
  const int bottom = box.y + box.height + (tilted ? box.width : 0);
  if (left < 0 || box.x + box.width > model.window_width || bottom > model.window_height) {
    reject("a feature's rectangle leaves the window");
  }
  return box;
}

HaarFeature read_feature(const pugi::xml_node& node, const HaarModel& model) {
  HaarFeature feature;
  feature.tilted = node.child("tilted") && number_in(node, "tilted") != 0;
  for (const pugi::xml_node& rect : node.child("rects").children("_")) {
    const std::vector<double> numbers = numbers_in(rect);
    if (numbers.size() != 5) reject("a feature's rectangle is not five numbers");
    feature.parts.push_back({read_box(numbers, feature.tilted, model), static_cast<float>(numbers[4])});
  }
  if (feature.parts.empty() || feature.parts.size() > 3) reject("a feature has not 1 to 3 rectangles");
  return feature;
}

HaarTree read_tree(const pugi::xml_node& node, std::size_t feature_count) {
  const std::vector<double> leaves = numbers_in(node.child("leafValues"));
  const std::vector<double> nodes = numbers_in(node.child("internalNodes"));
  const std::size_t node_count = nodes.size() / 4;
  // A binary tree has one leaf more than it has nodes.
  if (node_count == 0 || nodes.size() % 4 != 0 || leaves.size() != node_count + 1)
    reject("a tree is incomplete");
  constexpr std::size_t kMaxNodes = 10'000;
  if (node_count > kMaxNodes) reject("a tree is too large");
  HaarTree tree;
  tree.leaves.assign(leaves.size(), 0);
  std::transform(leaves.begin(), leaves.end(), tree.leaves.begin(),
                 [](double leaf) { return static_cast<float>(leaf); });
  for (std::size_t i = 0; i < node_count; ++i) {
    const auto child = [&](double value) {
      const int index =
          to_int(value, -static_cast<int>(node_count), static_cast<int>(node_count) - 1, "a tree's child");
      if (index > 0 && index <= static_cast<int>(i)) reject("a tree runs in a circle");
      return index;
    };
    const int last_feature = static_cast<int>(feature_count) - 1;
    tree.nodes.push_back(
        {static_cast<std::size_t>(to_int(nodes[4 * i + 2], 0, last_feature, "a tree's feature")),
         static_cast<float>(nodes[4 * i + 3]), child(nodes[4 * i]), child(nodes[4 * i + 1])});
  }
  return tree;
}

HaarStage read_stage(const pugi::xml_node& node, std::size_t feature_count) {
  HaarStage stage;
  stage.threshold = static_cast<float>(number_in(node, "stageThreshold")) - kStageTolerance;
  for (const pugi::xml_node& tree : node.child("weakClassifiers").children("_")) {
    stage.trees.push_back(read_tree(tree, feature_count));
  }
  if (stage.trees.empty()) reject("a stage has no trees");
  return stage;
}

HaarModel parse_model(const std::string& bytes) {
  pugi::xml_document document;
  const pugi::xml_parse_result parsed = document.load_buffer(bytes.data(), bytes.size());
  if (!parsed) reject(parsed.description());
  // Mostly named "cascade"; some were given names of their own.
  const pugi::xml_node cascade = document.child("opencv_storage").first_child();
  if (!cascade) reject("it is empty or not by OpenCV");
  if (std::string_view(cascade.child_value("featureType")) != "HAAR" ||
      std::string_view(cascade.child_value("stageType")) != "BOOST") {
    reject("its features are not HAAR or its stages not BOOST");
  }
  HaarModel model;
  model.window_width = to_int(number_in(cascade, "width"), kMinWindow, kMaxWindow, "width");
  model.window_height = to_int(number_in(cascade, "height"), kMinWindow, kMaxWindow, "height");
  for (const pugi::xml_node& feature : cascade.child("features").children("_")) {
    model.features.push_back(read_feature(feature, model));
  }
  for (const pugi::xml_node& stage : cascade.child("stages").children("_")) {
    model.stages.push_back(read_stage(stage, model.features.size()));
  }
  if (model.stages.empty()) reject("it has no stages");
  return model;
}

}  // namespace

bool HaarModel::has_tilted() const {
  return std::any_of(features.begin(), features.end(),
                     [](const HaarFeature& feature) { return feature.tilted; });
}

HaarModel read_haar_model(const std::filesystem::path& path) {
  const std::string bytes = read_file(path, kMaxFileBytes);
  try {
    return parse_model(bytes);
  } catch (const Rejection& rejection) {
    throw FileError(path, "is no usable Haar cascade (" + rejection.reason + ")",
                    "name one of OpenCV's haarcascade_*.xml files");
  }
}

}  // namespace bauta
