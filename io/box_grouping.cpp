#include "io/box_grouping.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>
#include <tuple>

namespace bauta {
namespace {

constexpr double kTolerance = 0.2;

bool similar(const Box& a, const Box& b) {
  const double delta = kTolerance * (std::min(a.width, b.width) + std::min(a.height, b.height)) * 0.5;
  return std::abs(a.x - b.x) <= delta && std::abs(a.y - b.y) <= delta &&
         std::abs(a.x + a.width - b.x - b.width) <= delta &&
         std::abs(a.y + a.height - b.y - b.height) <= delta;
}

// Sets that are merged step by step; find() gives a set's representative.
class DisjointSets {
 public:
  explicit DisjointSets(std::size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), std::size_t{0});
  }
  std::size_t find(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void merge(std::size_t a, std::size_t b) { parent_[find(b)] = find(a); }

 private:
  std::vector<std::size_t> parent_;
};

struct Group {
  Box average;
  int members = 0;
};

// `boxes` must be sorted by y.
std::vector<Group> similar_groups(const std::vector<Box>& boxes) {
  DisjointSets sets(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    // Similar boxes differ in y by at most this, so the rest of the list need not be looked at.
    const double reach = kTolerance * 0.5 * (boxes[i].width + boxes[i].height);
    for (std::size_t j = i + 1; j < boxes.size() && boxes[j].y - boxes[i].y <= reach; ++j) {
      if (similar(boxes[i], boxes[j])) sets.merge(i, j);
    }
  }
  struct Sum {
    std::int64_t x = 0, y = 0, width = 0, height = 0;
    int members = 0;
  };
  std::map<std::size_t, Sum> sums;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    Sum& sum = sums[sets.find(i)];
    sum.x += boxes[i].x;
    sum.y += boxes[i].y;
    sum.width += boxes[i].width;
    sum.height += boxes[i].height;
    ++sum.members;
  }
  std::vector<Group> groups;
  for (const auto& [representative, sum] : sums) {
    const float share = 1.0f / static_cast<float>(sum.members);
    const auto mean = [share](std::int64_t value) {
      return static_cast<int>(std::lrint(static_cast<float>(value) * share));
    };
    groups.push_back({{mean(sum.x), mean(sum.y), mean(sum.width), mean(sum.height)}, sum.members});
  }
  return groups;
}

// Whether `inner` lies in `outer` (with some slack) and is the weaker of the two.
bool is_swallowed(const Group& inner, const Group& outer) {
  const Box& a = inner.average;
  const Box& b = outer.average;
  const int dx = static_cast<int>(std::lrint(b.width * kTolerance));
  const int dy = static_cast<int>(std::lrint(b.height * kTolerance));
  constexpr int kWeak = 3;
  return a.x >= b.x - dx && a.y >= b.y - dy && a.x + a.width <= b.x + b.width + dx &&
         a.y + a.height <= b.y + b.height + dy &&
         (outer.members > std::max(kWeak, inner.members) || inner.members < kWeak);
}

bool comes_first(const Box& a, const Box& b) {
  return std::tuple(-a.area(), a.y, a.x, a.width) < std::tuple(-b.area(), b.y, b.x, b.width);
}

}  // namespace

std::vector<Box> group_boxes(const std::vector<Box>& boxes, int min_neighbours) {
  std::vector<Box> result = boxes;
  if (min_neighbours > 0) {
    std::sort(result.begin(), result.end(), [](const Box& a, const Box& b) {
      return std::tie(a.y, a.x, a.width) < std::tie(b.y, b.x, b.width);
    });
    std::vector<Group> groups = similar_groups(result);
    std::erase_if(groups, [min_neighbours](const Group& group) { return group.members <= min_neighbours; });
    result.clear();
    for (const Group& group : groups) {
      const bool swallowed = std::any_of(groups.begin(), groups.end(), [&](const Group& other) {
        return &other != &group && is_swallowed(group, other);
      });
      if (!swallowed) result.push_back(group.average);
    }
  }
  std::sort(result.begin(), result.end(), comes_first);
  return result;
}

}  // namespace bauta
