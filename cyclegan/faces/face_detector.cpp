#include "cyclegan/faces/face_detector.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "cyclegan/faces/face_geometry.h"
#include "cyclegan/faces/upright_view.h"
#include "io/exif.h"

namespace bauta {

namespace {

// What of the network's picture is the photograph: scaled, and with its corner at (border, border).
struct Placement {
  double x_scale = 1, y_scale = 1;  // pixels of the network's picture to one of the photograph
  int border = 0;
};

// The photograph as the network is to see it, in parts: with its border, then black up to the next multiple
// of the coarsest stride (below and on the right, as OpenCV has it); blue first.
YuNet::Parts to_network(Engine& engine, const Image& photo, int border) {
  const auto rounded_up = [](int side) {
    constexpr int kMultiple = YuNet::kStrides.back();
    return (side + kMultiple - 1) / kMultiple * kMultiple;
  };
  const auto part = [&engine, &photo, border](const Box& box) {
    const Shape shape{1, box.height, box.width, 3};
    std::vector<float> values(shape.count());
    const Box inside = intersection({box.x - border, box.y - border, box.width, box.height},
                                    {0, 0, photo.width, photo.height});
    for (int y = inside.y; y < inside.y + inside.height; ++y) {
      const std::uint8_t* rgb = photo.at(inside.x, y);
      float* bgr = values.data() +
                   3 * (static_cast<std::size_t>(y + border - box.y) * static_cast<std::size_t>(box.width) +
                        static_cast<std::size_t>(inside.x + border - box.x));
      for (int x = 0; x < inside.width; ++x, rgb += 3, bgr += 3)
        for (int c = 0; c < 3; ++c) bgr[c] = static_cast<float>(rgb[2 - c]);
    }
    return Tensor::from(engine, shape, values);
  };
  return {rounded_up(photo.height + 2 * border), rounded_up(photo.width + 2 * border), part};
}

// Appends what the cells of one level hold, in pixels of the network's picture.
void decode(const YuNet::Level& level, int stride, float least, std::vector<FoundFace>& into) {
  const Shape& cells = level.face.shape();
  const std::vector<float> face = level.face.values(), object = level.object.values(),
                           box = level.box.values(), landmarks = level.landmarks.values();
  const auto size = static_cast<float>(stride);
  for (std::size_t i = 0; i < face.size(); ++i) {
    FoundFace found;
    found.score = std::sqrt(face[i] * object[i]);
    if (!(found.score >= least)) continue;
    const auto column = static_cast<float>(i % static_cast<std::size_t>(cells.w)),
               row = static_cast<float>(i / static_cast<std::size_t>(cells.w));
    FaceLocation& location = found.location;
    location.width = std::exp(box[4 * i + 2]) * size;
    location.height = std::exp(box[4 * i + 3]) * size;
    location.x = (column + box[4 * i]) * size - location.width / 2;
    location.y = (row + box[4 * i + 1]) * size - location.height / 2;
    for (std::size_t n = 0; n < location.landmarks.size(); ++n) {
      const float* from = landmarks.data() + 2 * (location.landmarks.size() * i + n);
      location.landmarks[n] = {(column + from[0]) * size, (row + from[1]) * size};
    }
    // Weights that are none of YuNet's may say anything.
    const auto is_place = [](float at) { return std::abs(at) < 1e6f; };
    if (is_place(location.x) && is_place(location.y) && is_place(location.width) && is_place(location.height))
      into.push_back(found);
  }
}

// Whether the face lies in the other, mostly: of a face that is large beyond measure the network finds parts.
bool is_part(const FoundFace& face, const FoundFace& other) {
  constexpr float kMostly = 0.75f;
  return shared_area(other.location, face.location) > kMostly * area(face.location);
}

// faces: largest first.
std::vector<FoundFace> without_parts(const std::vector<FoundFace>& faces) {
  std::vector<FoundFace> kept;
  for (const FoundFace& face : faces)
    if (std::ranges::none_of(kept, [&](const FoundFace& larger) { return is_part(face, larger); }))
      kept.push_back(face);
  return kept;
}

// Whether the photograph's edge cuts the face, as far as its box tells: it ends there or beyond.
bool is_at_edge(const FaceLocation& face, const Image& photo) {
  const float near = longer_side(face) / 20;
  return face.x < near || face.y < near || face.x + face.width > static_cast<float>(photo.width) - near ||
         face.y + face.height > static_cast<float>(photo.height) - near;
}

// Keeps the surest of faces that overlap: non-maximum suppression.
std::vector<FoundFace> suppress(std::vector<FoundFace> faces, const DetectionOptions& options) {
  std::ranges::stable_sort(faces, std::greater{}, &FoundFace::score);
  if (faces.size() > options.most) faces.resize(options.most);
  std::vector<FoundFace> kept;
  for (const FoundFace& face : faces)
    if (std::ranges::none_of(kept, [&](const FoundFace& surer) {
          return overlap(surer.location, face.location) > options.overlap;
        }))
      kept.push_back(face);
  return kept;
}

// Adds those of faces cut by a tile's edge of which there is no whole sight.
void add_unseen(const std::vector<FoundFace>& cut_faces, std::vector<FoundFace>& faces) {
  constexpr float kNoticeably = 0.25f;
  const std::size_t whole = faces.size();
  for (const FoundFace& cut : cut_faces)
    if (std::none_of(faces.begin(), faces.begin() + static_cast<std::ptrdiff_t>(whole),
                     [&](const FoundFace& other) {
                       return shared_area(cut.location, other.location) > kNoticeably * area(cut.location);
                     }))
      faces.push_back(cut);
}

// From the network's picture to the photograph.
FaceLocation in_photograph(const FaceLocation& face, const Placement& placement) {
  // Pixel centres have whole coordinates in both.
  const auto back = [&](float at, double scale) {
    return static_cast<float>((static_cast<double>(at) - placement.border + 0.5) / scale - 0.5);
  };
  FaceLocation placed;
  placed.x = back(face.x, placement.x_scale);
  placed.y = back(face.y, placement.y_scale);
  placed.width = static_cast<float>(face.width / placement.x_scale);
  placed.height = static_cast<float>(face.height / placement.y_scale);
  for (std::size_t n = 0; n < face.landmarks.size(); ++n)
    placed.landmarks[n] = {back(face.landmarks[n].x, placement.x_scale),
                           back(face.landmarks[n].y, placement.y_scale)};
  return placed;
}

int scaled_side(int side, double factor) { return std::max(1, static_cast<int>(std::lround(side * factor))); }

// ---- tiles

struct Span {
  int start, length;
};

// As many tiles of at most `most` pixels as cover the side, all of one length, each sharing `overlap` at
// least with the next.
std::vector<Span> tiles_along(int side, int most, int overlap) {
  const int step = most - overlap;
  const int count = side <= most ? 1 : (side - overlap + step - 1) / step;
  const int length = (side + (count - 1) * overlap + count - 1) / count;
  std::vector<Span> tiles;
  for (int i = 0; i < count; ++i) {
    const int last = side - length;
    tiles.push_back({count == 1 ? 0 : static_cast<int>(std::int64_t{last} * i / (count - 1)), length});
  }
  return tiles;
}

// Whether the tile ends within the face, or so near to it that there may be more of it, and the photograph
// does not.
bool is_cut(float start, float length, const Span& tile, int photo_side) {
  const float margin = length / 16;
  const auto first = static_cast<float>(tile.start), end = static_cast<float>(tile.start + tile.length);
  return (tile.start > 0 && start - margin < first) ||
         (tile.start + tile.length < photo_side && start + length + margin > end);
}

// ---- turning

// Turned clockwise by so many quarters, 1 to 3.
Image turned(const Image& photo, int quarters) {
  constexpr int kOrientations[] = {1, 6, 3, 8};  // EXIF's for these
  return apply_orientation(photo, kOrientations[quarters]);
}

// From a photograph that was turned to what it was, whose sides are `before`.
FaceLocation turned_back(FaceLocation face, int quarters, const ImageSize& before) {
  int width = quarters % 2 == 1 ? before.height : before.width,
      height = quarters % 2 == 1 ? before.width : before.height;
  for (; quarters > 0; --quarters) {  // a quarter anticlockwise
    const auto last = static_cast<float>(width - 1);
    face = {face.y, last - face.x - face.width, face.height, face.width, face.landmarks};
    for (Point& landmark : face.landmarks) landmark = {landmark.y, last - landmark.x};
    std::swap(width, height);
  }
  return face;
}

}  // namespace

std::vector<FoundFace> FaceDetector::find(const Image& photo, const DetectionOptions& options) const {
  if (photo.width < 1 || photo.height < 1) throw std::invalid_argument("a photograph without pixels");
  // Of a thinner one the network would see little but padding.
  if (std::min(photo.width, photo.height) < kThinnest) return {};
  const double longer = std::max(photo.width, photo.height);
  const double findable = static_cast<double>(kFindable) / std::max(options.smallest, 1);
  const double whole = std::min(1.0, kFineSide / longer);
  const double fine = std::min(options.enlarged ? kMostEnlarged : 1, std::max(whole, findable));
  const double coarse = kCoarseSide / longer;

  DetectionOptions looking = options;
  if (options.turned_too) looking.score = std::min(options.score, kLeast);
  std::vector<FoundFace> faces, cut_faces;
  if (fine > whole && fine * fine * photo.width * photo.height > kTilePixels) {
    cut_faces = look_in_tiles(photo, fine, looking, faces);
    // Those of another size than the tiles' would not fit where those were.
    engine_.arena().give_back();
    look(photo, whole, looking, faces);
  } else {
    look(photo, fine, looking, faces);
  }
  const bool twice = coarse < fine &&
                     (options.always_twice || std::min(photo.width, photo.height) * fine > kLargestFindable);
  if (twice) look(photo, coarse, looking, faces);
  if (options.turned) look_at_turned(photo, options, faces);
  faces = suppress(std::move(faces), options);
  add_unseen(suppress(std::move(cut_faces), options), faces);
  const auto least = static_cast<float>(options.least > 0 ? options.least : options.smallest);
  std::erase_if(faces, [least](const FoundFace& face) { return longer_side(face.location) < least; });
  if (options.turned_too) {
    std::ranges::stable_sort(faces, std::greater{}, &FoundFace::score);
    faces = see_turned(photo, options, faces);
  }
  std::ranges::stable_sort(faces, std::greater{}, [](const FoundFace& face) { return area(face.location); });
  return twice ? without_parts(faces) : faces;
}

std::vector<FoundFace> FaceDetector::look_in_tiles(const Image& photo, double factor,
                                                   const DetectionOptions& options,
                                                   std::vector<FoundFace>& into) const {
  std::vector<FoundFace> cut_faces;
  const double whole = static_cast<double>(kFineSide) / std::max(photo.width, photo.height);
  const int overlap = static_cast<int>(std::ceil(kSure / whole));
  // Square, and so much longer than the overlap that little is looked at twice.
  const int side = std::max(static_cast<int>(std::sqrt(kTilePixels) / factor), 3 * overlap);
  for (const Span& rows : tiles_along(photo.height, side, overlap)) {
    for (const Span& columns : tiles_along(photo.width, side, overlap)) {
      const Image tile = crop(photo, columns.start, rows.start, columns.length, rows.length);
      std::vector<FoundFace> found;
      look(tile, factor, options, found);
      for (FoundFace& face : found) {
        move(face.location, columns.start, rows.start);
        const FaceLocation& at = face.location;
        const bool cut =
            is_cut(at.x, at.width, columns, photo.width) || is_cut(at.y, at.height, rows, photo.height);
        // What fits into the overlap lies in another tile whole.
        if (cut && longer_side(at) * 1.25f <= static_cast<float>(overlap)) continue;
        (cut ? cut_faces : into).push_back(face);
      }
    }
  }
  return cut_faces;
}

void FaceDetector::look_at_turned(const Image& photo, const DetectionOptions& options,
                                  std::vector<FoundFace>& into) const {
  const double factor = std::min(1.0, static_cast<double>(kFineSide) / std::max(photo.width, photo.height));
  const Image seen = resize(photo, scaled_side(photo.width, factor), scaled_side(photo.height, factor));
  const double x_scale = static_cast<double>(photo.width) / seen.width,
               y_scale = static_cast<double>(photo.height) / seen.height;
  for (const int quarters : {1, 2, 3}) {
    std::vector<FoundFace> found;
    look(turned(seen, quarters), 1, options, found);
    for (FoundFace& face : found) {
      face.location = turned_back(face.location, quarters, {seen.width, seen.height});
      scale(face.location, x_scale, y_scale);
      into.push_back(face);
    }
  }
}

// A sure sight of the face from another direction, if there is one.
std::optional<FoundFace> FaceDetector::seen_turned(const Image& photo, const FoundFace& face,
                                                   const DetectionOptions& options) const {
  constexpr float kSameFace = 0.5f;   // of the smaller box, that lies in the other
  constexpr float kPromising = 0.4f;  // of a sight at a right angle: one between may be sure
  const FaceSurroundings surroundings(photo, face.location);
  FoundFace surest;
  for (const int degrees : {90, 270, 180, 45, 315, 135, 225}) {
    if (surest.score >= kSureOfUpright || (degrees % 90 != 0 && surest.score < kPromising)) break;
    const UprightView view(face.location, degrees);
    std::vector<FoundFace> found;
    look(view.of(surroundings), 1, 0, options, found);
    for (FoundFace& sight : found) {
      sight.location = view.in_photograph(sight.location);
      const float smaller = std::min(area(sight.location), area(face.location));
      if (sight.score > surest.score && shared_area(sight.location, face.location) > kSameFace * smaller)
        surest = sight;
    }
  }
  return surest.score >= kSureOfUpright ? std::optional(surest) : std::nullopt;
}

// faces: surest first, also such as are none as long as they are not seen better. Gives those that are.
std::vector<FoundFace> FaceDetector::see_turned(const Image& photo, const DetectionOptions& options,
                                                const std::vector<FoundFace>& faces) const {
  constexpr std::size_t kMost = 100;  // so that a photograph of nothing but doubt ends
  // Of a large photograph large faces are seen in a small copy.
  const double factor = static_cast<double>(kCoarseSide) / std::max(photo.width, photo.height);
  std::optional<Image> copy;
  const auto see = [&](const FoundFace& face) {
    if (longer_side(face.location) * factor < UprightView::kFaceSide || factor >= 1)
      return seen_turned(photo, face, options);
    if (!copy) copy = resize(photo, scaled_side(photo.width, factor), scaled_side(photo.height, factor));
    const double across = static_cast<double>(copy->width) / photo.width,
                 down = static_cast<double>(copy->height) / photo.height;
    FoundFace in_copy = face;
    scale(in_copy.location, across, down);
    std::optional<FoundFace> sight = seen_turned(*copy, in_copy, options);
    if (sight) scale(sight->location, 1 / across, 1 / down);
    return sight;
  };
  std::vector<FoundFace> kept;
  std::size_t looked_at = 0;
  for (const FoundFace& face : faces) {
    const bool is_face =
        face.score >= options.score * (is_at_edge(face.location, photo) ? FaceDetector::kAtEdge : 1);
    const bool is_covered = std::ranges::any_of(
        kept, [&](const FoundFace& other) { return other.score >= kSureOfUpright && is_part(face, other); });
    const bool is_doubtful =
        face.score < kSureOfUpright && !is_covered && area(face.location) > 0 && ++looked_at <= kMost;
    const auto sight = is_doubtful ? see(face) : std::nullopt;
    if (!sight) {
      if (is_face) kept.push_back(face);
      continue;
    }
    // What another sight has led to already is not counted twice; of what was found before nothing is lost.
    const FaceLocation place = is_face ? joined(sight->location, face.location) : sight->location;
    const float most = (is_face ? 0.95f : 0.5f) * area(place);
    if (std::ranges::none_of(
            kept, [&](const FoundFace& other) { return shared_area(other.location, place) > most; }))
      kept.push_back({place, sight->score});
  }
  return kept;
}

void FaceDetector::look(const Image& photo, double factor, const DetectionOptions& options,
                        std::vector<FoundFace>& into) const {
  look(photo, factor, std::max(photo.width, photo.height) < kSmallPhotograph ? kBorder : 0, options, into);
}

void FaceDetector::look(const Image& photo, double factor, int border, const DetectionOptions& options,
                        std::vector<FoundFace>& into) const {
  Image scaled;
  if (factor != 1)
    scaled = resize(photo, scaled_side(photo.width, factor), scaled_side(photo.height, factor));
  const Image& seen = factor != 1 ? scaled : photo;
  const Placement placement{static_cast<double>(seen.width) / photo.width,
                            static_cast<double>(seen.height) / photo.height, border};

  const auto levels = network_(to_network(engine_, seen, placement.border));
  std::vector<FoundFace> found;
  for (std::size_t level = 0; level < levels.size(); ++level)
    decode(levels[level], YuNet::kStrides[level], options.score, found);
  for (FoundFace& face : found) {
    face.location = in_photograph(face.location, placement);
    into.push_back(face);
  }
}

Box face_box(const FaceLocation& face) {
  const float side = longer_side(face);
  const auto rounded = [](float at) { return static_cast<int>(std::lround(at)); };
  const int pixels = std::max(1, static_cast<int>(std::ceil(side)));
  return {rounded(face.x + (face.width - side) / 2), rounded(face.y + (face.height - side) / 2), pixels,
          pixels};
}

}  // namespace bauta
