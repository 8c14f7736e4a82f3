#pragma once

#include <vector>

#include "io/box.h"

namespace bauta {

// Merges the many boxes that a sliding window finds around one object, as OpenCV's groupRectangles does with
// eps 0.2: boxes whose four sides differ by at most 0.2 of their size belong together, also through others in
// between; a group of more than `min_neighbours` boxes becomes their average; a group inside a stronger one
// is dropped. With min_neighbours <= 0 the boxes come back as they are. Largest first, then from the top,
// then from the left.
std::vector<Box> group_boxes(const std::vector<Box>& boxes, int min_neighbours);

}  // namespace bauta
