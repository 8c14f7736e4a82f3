// Faces hidden and then looked at, in every mode: what is handed out is hidden, or nothing is.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "cyclegan/anonymizer/checks.h"
#include "cyclegan/anonymizer/hiding.h"
#include "cyclegan/anonymizer/identity_check.h"

namespace bauta {

// What was written of a face instead of what was asked for.
enum class Fallback {
  None,
  PlainMosaic,  // the network left it recognizable: there is nothing to restore
  Coarser,      // it was still recognized through the blocks asked for
};
std::string to_string(Fallback fallback);  // "none", "plain mosaic", "coarser mosaic"

struct CheckedFace {
  Box box;
  int block = 1;                   // pixels, as written
  FaceCheck check;                 // of the pixels written, but for those that a later face covers
  std::optional<double> likeness;  // identity_check.h; nothing where there was nothing to compare
  Fallback fallback = Fallback::None;
  bool is_recognized() const { return likeness && *likeness > IdentityCheck::kMostLikeness; }
};

struct CheckedPicture {
  KeyedPicture hidden;             // codes: of keyed pictures
  std::vector<CheckedFace> faces;  // of each of the record's regions
};

// Whether somebody asked for just so many blocks, and knows what they show (cyclegan/attacks/visible_risk.h).
enum class BlocksAre { Usual, AskedFor };

// A recognizer is shown a face as 112 x 112 pixels: of one in a smaller box than this it knows so little that
// what is around it decides. One grey over such a box is enough, whatever the recognizer says.
inline bool is_too_small_to_tell(const Box& face) { return std::max(face.width, face.height) < 48; }

// What is around a box that is too small can be enough to recognize somebody.
class NotHidden : public std::runtime_error {
 public:
  explicit NotHidden(const Box& face)
      : std::runtime_error("the face of " + to_string(face) +
                           " is recognized even with its box in one grey, so nothing is written") {}
};

// Hides the faces of the photograph in `blocks` blocks, in one of the modes, as hiding.h does.
using HidePhoto = std::function<KeyedPicture(Image& photo, int blocks)>;

// How alike the face in the box is before and after, as IdentityCheck tells. It may be shown less than the
// whole pictures: the face, and around it what there is within the box's longer side.
using FaceLikeness =
    std::function<std::optional<double>(const Image& clear, const Image& written, const Box& face)>;
// identity must outlive it. Null: empty, nobody looks.
FaceLikeness likeness_by(const IdentityCheck* identity);

// Hides, and checks the pixels as they are then:
//   - open: check_face, as OpenHider did before later faces were written
//   - plain mosaics and one grey: every block has one colour
//   - keyed: every level lies in the cell of its block in the clear photograph
//   - `likeness`, where there is one: it is at most IdentityCheck::kMostLikeness; of blocks that were asked
//     for, or that of a plain mosaic of just those blocks and kLikenessSlack, if it is more
// A face that fails gets a mosaic with half as many blocks, again and again, one grey in the end; of a keyed
// picture all faces do. An open face whose blocks were asked for gets the plain mosaic of those first. Throws
// NotHidden where nothing helps. Whatever is thrown, the photograph is as it was. Takes the photograph's
// pixels once more, and in keyed pictures and where faces overlap some copies of a face.
CheckedPicture hide_checked(Image& photo, const HidePhoto& hide, int blocks, Cover cover,
                            const FaceLikeness& likeness = {}, BlocksAre chosen = BlocksAre::Usual);

inline constexpr double kLikenessSlack = 0.1;

}  // namespace bauta
