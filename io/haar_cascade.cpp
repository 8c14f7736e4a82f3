#include "io/haar_cascade.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "io/box_grouping.h"
#include "io/integral_image.h"

namespace bauta {
namespace {

// From this scale on every pixel of the scaled picture is a window's corner, below it every second one.
constexpr float kDenseScale = 2;
// Windows without contrast are no faces.
constexpr double kFlatWindow = 0.1;

// A scaled picture smaller than this is done before other threads have woken up.
constexpr std::size_t kPixelsWorthThreads = 1u << 16;

// Offsets, from a window's corner, of the four table entries whose alternating sum is a rectangle's pixels.
using Corners = std::array<std::int32_t, 4>;

Corners upright_corners(const Box& box, std::int32_t stride) {
  const std::int32_t top_left = box.x + stride * box.y;
  return {top_left, top_left + box.width, top_left + stride * box.height,
          top_left + stride * box.height + box.width};
}

Corners tilted_corners(const Box& box, std::int32_t stride) {
  const std::int32_t top = box.x + stride * box.y;
  const std::int32_t to_left = (stride - 1) * box.height;
  const std::int32_t to_right = (stride + 1) * box.width;
  return {top, top + to_left, top + to_right, top + to_left + to_right};
}

std::uint32_t rectangle_sum(const std::uint32_t* table, const Corners& corners) {
  return table[corners[0]] - table[corners[1]] - table[corners[2]] + table[corners[3]];
}

// A cascade laid out for one row length of the tables, its nodes in the order in which they are visited.
class WindowEvaluator {
 public:
  enum class Verdict { Face, Flat, FailedFirstStage, FailedLater };

  WindowEvaluator(const HaarModel& model, const IntegralImage& integral)
      : integral_(integral),
        norm_corners_(upright_corners(norm_box(model), static_cast<std::int32_t>(integral.stride))),
        norm_area_(static_cast<double>(norm_box(model).area())) {
    for (const HaarStage& stage : model.stages) {
      stages_.push_back({stage.threshold, trees_.size(), trees_.size() + stage.trees.size()});
      for (const HaarTree& tree : stage.trees) add_tree(tree, model);
    }
  }

  // The window whose top left corner is (x, y).
  Verdict evaluate(int x, int y) const {
    const std::size_t corner = static_cast<std::size_t>(y) * integral_.stride + static_cast<std::size_t>(x);
    const float normalization = normalization_at(corner);
    if (normalization == 0) return Verdict::Flat;
    for (std::size_t s = 0; s < stages_.size(); ++s) {
      double sum = 0;
      for (std::size_t t = stages_[s].first_tree; t < stages_[s].end_tree; ++t) {
        sum += tree_value(trees_[t], corner, normalization);
      }
      if (sum < stages_[s].threshold) return s == 0 ? Verdict::FailedFirstStage : Verdict::FailedLater;
    }
    return Verdict::Face;
  }

 private:
  struct Node {
    std::array<Corners, 3> corners;
    std::array<float, 3> weights;
    float threshold;
    std::array<int, 2> children;  // below the threshold; not below
    bool tilted;
  };
  struct Tree {
    std::size_t first_node;
    std::size_t first_leaf;
  };
  struct Stage {
    float threshold;
    std::size_t first_tree;
    std::size_t end_tree;
  };

  // Brightness and contrast are measured without the window's outermost pixels.
  static Box norm_box(const HaarModel& model) {
    return {1, 1, model.window_width - 2, model.window_height - 2};
  }

  void add_tree(const HaarTree& tree, const HaarModel& model) {
    trees_.push_back({nodes_.size(), leaves_.size()});
    leaves_.insert(leaves_.end(), tree.leaves.begin(), tree.leaves.end());
    for (const HaarNode& node : tree.nodes) {
      const HaarFeature& feature = model.features[node.feature];
      Node bound{{}, {}, node.threshold, {node.left, node.right}, feature.tilted};
      for (std::size_t i = 0; i < feature.parts.size(); ++i) {
        const auto stride = static_cast<std::int32_t>(integral_.stride);
        const Box& box = feature.parts[i].box;
        bound.corners[i] = feature.tilted ? tilted_corners(box, stride) : upright_corners(box, stride);
        bound.weights[i] = feature.parts[i].weight;
      }
      nodes_.push_back(bound);
    }
  }

  // 1 / (area * standard deviation); 0 for a window with too little contrast.
  float normalization_at(std::size_t corner) const {
    const auto sum = static_cast<double>(rectangle_sum(integral_.sums.data() + corner, norm_corners_));
    const auto squares = static_cast<double>(rectangle_sum(integral_.squares.data() + corner, norm_corners_));
    const double spread = norm_area_ * squares - sum * sum;
    if (spread <= 0) return 0;
    const auto normalization = static_cast<float>(1 / std::sqrt(spread));
    return norm_area_ * normalization < kFlatWindow ? normalization : 0;
  }

  float feature_value(const Node& node, std::size_t corner) const {
    const std::uint32_t* table = (node.tilted ? integral_.tilted : integral_.sums).data() + corner;
    const auto part = [&](std::size_t i) {
      // Signed: a wrapped-around difference is small again.
      return node.weights[i] *
             static_cast<float>(static_cast<std::int32_t>(rectangle_sum(table, node.corners[i])));
    };
    const float value = part(0) + part(1);
    return node.weights[2] != 0 ? value + part(2) : value;
  }

  float tree_value(const Tree& tree, std::size_t corner, float normalization) const {
    int child = 0;
    do {
      const Node& node = nodes_[tree.first_node + static_cast<std::size_t>(child)];
      // An index, not a choice between two: which way it goes is nearly a coin toss, and no branch predicts
      // that.
      const bool below = feature_value(node, corner) * normalization < node.threshold;
      child = node.children[below ? 0 : 1];
    } while (child > 0);
    return leaves_[tree.first_leaf + static_cast<std::size_t>(-child)];
  }

  const IntegralImage& integral_;
  Corners norm_corners_;
  double norm_area_;
  std::vector<Stage> stages_;
  std::vector<Tree> trees_;
  std::vector<Node> nodes_;
  std::vector<float> leaves_;
};

int scaled(int length, float scale) {
  return static_cast<int>(std::lrint(static_cast<float>(length) * scale));
}

// The scales at which the window has a size that is asked for and fits the picture.
std::vector<float> scales_for(const HaarModel& model, int width, int height, const HaarOptions& options) {
  std::vector<float> scales;
  for (double factor = 1;; factor *= options.scale_factor) {
    // In floating point: after a step by a very large factor the size does not fit an int.
    const double window_width = std::nearbyint(model.window_width * factor);
    const double window_height = std::nearbyint(model.window_height * factor);
    const bool too_large = options.max_size > 0 && std::max(window_width, window_height) > options.max_size;
    if (window_width > width || window_height > height || too_large) return scales;
    if (std::min(window_width, window_height) >= options.min_size)
      scales.push_back(static_cast<float>(factor));
  }
}

// The windows in one row of the scaled picture that are faces, in pixels of the unscaled one.
std::vector<Box> faces_in_row(const WindowEvaluator& evaluator, const HaarModel& model, int y, int columns,
                              int step, float scale) {
  std::vector<Box> faces;
  for (int x = 0; x < columns; x += step) {
    const WindowEvaluator::Verdict verdict = evaluator.evaluate(x, y);
    if (verdict == WindowEvaluator::Verdict::Face) {
      faces.push_back({scaled(x, scale), scaled(y, scale), scaled(model.window_width, scale),
                       scaled(model.window_height, scale)});
    }
    // Where not even the first stage passes, the neighbour is not tried.
    if (verdict == WindowEvaluator::Verdict::FailedFirstStage) x += step;
  }
  return faces;
}

}  // namespace

HaarCascade HaarCascade::load(const std::filesystem::path& path) {
  return HaarCascade(read_haar_model(path));
}

std::vector<Box> HaarCascade::detect(const std::vector<std::uint8_t>& grey, int width, int height,
                                     const HaarOptions& options) const {
  if (width <= 0 || height <= 0 ||
      grey.size() != static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {
    throw std::invalid_argument("HaarCascade::detect: the size does not fit the picture");
  }
  if (!(options.scale_factor > 1)) {
    throw std::invalid_argument("HaarCascade::detect: scale_factor must be more than 1");
  }
  const std::vector<float> scales = scales_for(model_, width, height, options);
  if (scales.empty()) return {};
  const bool with_tilted = model_.has_tilted();
  GreyImage small;
  IntegralImage integral(scaled(width, 1 / scales.front()) + 1);
  const WindowEvaluator evaluator(model_, integral);
  std::vector<Box> found;
  for (const float scale : scales) {
    small.width = static_cast<int>(std::lrint(static_cast<float>(width) / scale));
    small.height = static_cast<int>(std::lrint(static_cast<float>(height) / scale));
    const int columns = small.width - model_.window_width + 1;
    const int rows = small.height - model_.window_height + 1;
    if (columns <= 0 || rows <= 0) continue;
    resize_linear_exact(grey.data(), width, height, small);
    integral.compute(small, with_tilted);
    const int step = scale >= kDenseScale ? 1 : 2;
    // A list for each row, joined in order: the same result whichever thread did which row.
    std::vector<std::vector<Box>> found_in_row(static_cast<std::size_t>((rows + step - 1) / step));
#pragma omp parallel for schedule(dynamic, 4) if (small.pixels.size() > kPixelsWorthThreads)
    for (std::size_t row = 0; row < found_in_row.size(); ++row) {
      const int y = static_cast<int>(row) * step;
      found_in_row[row] = faces_in_row(evaluator, model_, y, columns, step, scale);
    }
    for (const std::vector<Box>& boxes : found_in_row) found.insert(found.end(), boxes.begin(), boxes.end());
  }
  std::vector<Box> faces = group_boxes(found, options.min_neighbours);
  // A window's size is rounded up at times, and so reaches beyond the picture.
  for (Box& face : faces) face = intersection(face, {0, 0, width, height});
  return faces;
}

}  // namespace bauta
