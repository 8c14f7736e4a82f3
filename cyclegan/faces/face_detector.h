// Finds faces with YuNet, as OpenCV's FaceDetectorYN does, in photographs of any size.
#pragma once

#include <optional>
#include <vector>

#include "cyclegan/faces/face_location.h"
#include "cyclegan/faces/yunet.h"
#include "io/box.h"
#include "io/image.h"

namespace bauta {

struct FoundFace {
  FaceLocation location;  // in the photograph's pixels; may stick out
  float score = 0;        // 0 to 1
};

struct DetectionOptions {
  float score = 0.6f;       // faces below it are none; see kAtEdge
  float overlap = 0.3f;     // of two that share more (intersection over union), the surer one is kept
  int smallest = 40;        // longer side of the smallest face looked for, pixels of the photograph
  int least = 0;            // what is seen though it is smaller counts down to this; 0: not at all
  std::size_t most = 5000;  // candidates that are looked at, the surest
  bool turned = false;      // look at the photograph turned by 90, 180 and 270 degrees too
  // A large photograph is looked at twice in any case; or only where a face may be too large for the first
  // look.
  bool always_twice = true;
  bool turned_too = true;  // look at doubtful faces again, turned
  bool enlarged =
      false;  // look at the photograph up to kMostEnlarged times as large, if the smallest asks for it
};

// For one thread, as its engine.
class FaceDetector {
 public:
  // Throws FileError.
  FaceDetector(Engine& engine, const std::filesystem::path& weights)
      : engine_(engine), network_(engine, weights) {}

  // Largest first; none in a photograph that is thinner than kThinnest. Throws std::invalid_argument for one
  // without pixels.
  //
  // A photograph whose longer side is under kSmallPhotograph gets a border of kBorder black pixels, as faces
  // that fill a picture are found less surely. The network finds faces of some 20 to 600 pixels (measured:
  // cyclegan/README.md). So a larger photograph is looked at twice: once with its longer side scaled down to
  // kCoarseSide, for faces that fill it; and once scaled down to kFineSide, or only so far that the smallest
  // face looked for still has kFindable pixels; or scaled up for those that have fewer, if `enlarged`. Where
  // that is more than kTilePixels it is done a tile at a
  // time, so that memory does not grow with the photograph; tiles overlap by the largest face that a look at
  // all of it at kFineSide might miss, so that each such face lies in one of them whole; what a tile's edge
  // cuts counts where no whole sight of it is found. Of a face seen twice the surer sight is kept, and what
  // lies in a larger face, mostly, is left out.
  //
  // A face that lies on its side is found weakly if at all, and its box cuts off head or chin; its landmarks
  // do not tell, which the network sets as if the face were upright. So what has a score from kLeast to below
  // kSureOfUpright, which upright faces seldom have, is looked at again in its surroundings, turned
  // (faces/upright_view.h; the 100 surest of a photograph). A sight there that is sure is a face; one that
  // was found before has the box about both, so that nothing of it is lost.
  //
  // turned: for faces that lie on their side or stand on their head; looked at as a whole, kFineSide long, so
  // of a large photograph its larger faces. Their landmarks are in the photograph's pixels, as all are.
  std::vector<FoundFace> find(const Image& photo, const DetectionOptions& options = {}) const;

  static constexpr int kThinnest = 10;  // pixels
  static constexpr int kSmallPhotograph = 400, kBorder = 60;
  static constexpr int kCoarseSide = 640, kFineSide = 1280, kFindable = 32, kLargestFindable = 600;
  static constexpr double kMostEnlarged = 2;
  static constexpr int kSure = 40;  // height of a face that the network hardly misses, pixels
  static constexpr double kTilePixels = 8e6;
  static constexpr float kSureOfUpright = 0.88f, kLeast = 0.13f;
  // Of a face that the photograph's edge cuts the network is less sure: where doubtful ones are looked at
  // again, this share of the score is enough there.
  static constexpr float kAtEdge = 0.65f;

 private:
  // In the photograph scaled by the factor: appends all candidates, in the photograph's pixels.
  void look(const Image& photo, double factor, const DetectionOptions& options,
            std::vector<FoundFace>& into) const;
  void look(const Image& photo, double factor, int border, const DetectionOptions& options,
            std::vector<FoundFace>& into) const;
  // Appends what lies whole in a tile; gives what the edge of one cuts and the overlap is too small for.
  std::vector<FoundFace> look_in_tiles(const Image& photo, double factor, const DetectionOptions& options,
                                       std::vector<FoundFace>& into) const;
  void look_at_turned(const Image& photo, const DetectionOptions& options,
                      std::vector<FoundFace>& into) const;
  std::optional<FoundFace> seen_turned(const Image& photo, const FoundFace& face,
                                       const DetectionOptions& options) const;
  std::vector<FoundFace> see_turned(const Image& photo, const DetectionOptions& options,
                                    const std::vector<FoundFace>& faces) const;

  Engine& engine_;
  YuNet network_;
};

// The square about a face that a mosaic is to hide: its centre is the found box's, its side that box's longer
// one, for the box is as narrow as a face without ears. It may stick out of the photograph.
Box face_box(const FaceLocation& face);

}  // namespace bauta
