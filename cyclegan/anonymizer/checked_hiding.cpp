#include "cyclegan/anonymizer/checked_hiding.h"

#include <algorithm>
#include <stdexcept>

#include "cyclegan/anonymizer/anonymizer.h"
#include "cyclegan/keyed/lattice.h"

namespace bauta {
namespace {

// In its place, so that a large photograph is not copied for the sake of a face.
void cover_by_mosaic(Image& photo, const Box& face, int block) {
  paste(photo, mosaic(crop(photo, face), {0, 0, face.width, face.height}, block), face.x, face.y);
}

// What the faces written later cover of this one; in the photograph.
std::vector<Box> covered_parts(const std::vector<CheckedFace>& faces, std::size_t i) {
  std::vector<Box> parts;
  for (std::size_t j = i + 1; j < faces.size(); ++j)
    if (const Box part = intersection(faces[i].box, faces[j].box); part.area() > 0) parts.push_back(part);
  return parts;
}

// A face of the clear picture and of the written one, alone. What later faces cover is the same mosaic in
// both, for the check to pass over.
struct FacePair {
  FacePair(const Image& clear_photo, const Image& written_photo, const CheckedFace& face,
           const std::vector<Box>& covered)
      : clear(crop(clear_photo, face.box)), written(crop(written_photo, face.box)) {
    if (covered.empty()) return;
    const Image plain = mosaic(clear, {0, 0, face.box.width, face.box.height}, face.block);
    for (Box part : covered) {
      part.x -= face.box.x;
      part.y -= face.box.y;
      const Image patch = crop(plain, part);
      paste(clear, patch, part.x, part.y);
      paste(written, patch, part.x, part.y);
    }
  }

  Image clear, written;
};

// Whether every block has one colour, but for what later faces cover.
bool is_plain(const Image& written, const CheckedFace& face, const std::vector<Box>& covered) {
  const Box& box = face.box;
  const auto is_covered = [&covered](int x, int y) {
    return std::ranges::any_of(covered, [&](const Box& part) {
      return intersection(part, {x, y, 1, 1}).area() > 0;
    });
  };
  for (int top = box.y; top < box.y + box.height; top += face.block)
    for (int left = box.x; left < box.x + box.width; left += face.block) {
      const std::uint8_t* colour = nullptr;
      for (int y = top; y < std::min(top + face.block, box.y + box.height); ++y)
        for (int x = left; x < std::min(left + face.block, box.x + box.width); ++x) {
          const std::uint8_t* pixel = written.at(x, y);
          if (colour && std::equal(pixel, pixel + 3, colour)) continue;
          if (is_covered(x, y)) continue;
          if (colour) return false;
          colour = pixel;
        }
    }
  return true;
}

std::vector<CheckedFace> faces_of(const AnonymizationRecord& record) {
  std::vector<CheckedFace> faces;
  for (const Region& region : record.regions) {
    CheckedFace& face = faces.emplace_back(CheckedFace{region.face, region.block, {}, {}, {}});
    if (record.mode == AnonymizationMode::Open && !region.restorable) face.fallback = Fallback::PlainMosaic;
  }
  for (const KeyedRegion& region : record.keyed_regions)
    faces.push_back({region.box, region.block, {}, {}, {}});
  return faces;
}

class Checker {
 public:
  Checker(const Image& clear, Cover cover, const FaceLikeness& likeness, BlocksAre chosen)
      : clear_(clear), cover_(cover), likeness_(likeness), chosen_(chosen) {}

  // Whether face i of the picture is hidden; notes what was measured.
  bool look(const Image& written, const AnonymizationRecord& record, std::vector<CheckedFace>& faces,
            std::size_t i) const {
    CheckedFace& face = faces[i];
    face.likeness.reset();
    if (!is_covered(written, record, face, covered_parts(faces, i), i)) return false;
    if (!likeness_) return true;
    face.likeness = likeness_(clear_, written, face.box);
    return !face.is_recognized() || (chosen_ == BlocksAre::AskedFor && shows_no_more_than_its_blocks(face));
  }

  BlocksAre chosen() const { return chosen_; }

 private:
  // Notes the measures of its pixels.
  bool is_covered(const Image& written, const AnonymizationRecord& record, CheckedFace& face,
                  const std::vector<Box>& covered, std::size_t i) const {
    const bool keyed = record.mode == AnonymizationMode::Keyed;
    if (covered.empty() && !keyed) {
      face.check = check_face(clear_, written, face.box, face.block);
    } else {
      const FacePair pair(clear_, written, face, covered);
      face.check = check_face(pair.clear, pair.written, {0, 0, face.box.width, face.box.height}, face.block);
      if (keyed) return lies_in_its_cells(pair, face, record.keyed_regions[i].k);
    }
    if (record.mode == AnonymizationMode::Open && record.regions[i].restorable)
      return face.check.face_hidden();
    return is_plain(written, face, covered);
  }

  bool lies_in_its_cells(const FacePair& pair, const CheckedFace& face, int k) const {
    const Lattice lattice(k);
    const auto cells = cover_ == Cover::Fill ? fill_cells(pair.clear, lattice)
                                             : block_cells(pair.clear, face.block, lattice);
    return lies_in_cells(pair.written, cells, lattice);
  }

  bool shows_no_more_than_its_blocks(const CheckedFace& face) const {
    Box box = face.box;
    const int around = std::max(box.width, box.height);
    const Box part =
        intersection({box.x - around, box.y - around, box.width + 2 * around, box.height + 2 * around},
                     {0, 0, clear_.width, clear_.height});
    box.x -= part.x;
    box.y -= part.y;
    const Image clear = crop(clear_, part);
    const auto of_mosaic = likeness_(clear, mosaic(clear, box, face.block), box);
    return of_mosaic && *face.likeness <= *of_mosaic + kLikenessSlack;
  }

  const Image& clear_;
  Cover cover_;
  const FaceLikeness& likeness_;
  BlocksAre chosen_;
};

// A plain mosaic in the face's place, its blocks of so many pixels, or one grey where that is 0; later faces
// stay above it. What the network wrote of a face that overlaps it can no longer be read: that becomes a
// mosaic of its own blocks.
void cover_again(Image& photo, AnonymizationRecord& record, std::vector<CheckedFace>& faces, std::size_t i,
                 int block) {
  for (std::size_t j = 0; j < faces.size(); ++j) {
    Region& region = record.regions[j];
    if (j == i) {
      faces[i].fallback = block == region.block ? Fallback::PlainMosaic : Fallback::Coarser;
      if (block == 0) block = pixelate(photo, {region.face}, 1, Cover::Fill).front().block;
      // A region of the network's has blocks of whole k.
      region.block = (block + region.k - 1) / region.k * region.k;
      cover_by_mosaic(photo, region.face, region.block);
      region.restorable = false;
      faces[i].block = region.block;
    } else if (intersection(region.face, faces[i].box).area() > 0 && (j > i || region.restorable)) {
      cover_by_mosaic(photo, region.face, region.block);
      if (region.restorable) faces[j].fallback = Fallback::PlainMosaic;
      region.restorable = false;
    }
  }
}

// How many blocks lie across the face.
int blocks_across(const CheckedFace& face) {
  return std::max(1, std::min(face.box.width, face.box.height) / std::max(1, face.block));
}

bool is_hidden_by_grey(const CheckedFace& face) {
  return face.is_recognized() && is_too_small_to_tell(face.box);
}

// A face that is covered again may lie over one that was looked at before: that one is looked at again.
void cover_until_hidden(Image& photo, CheckedPicture& picture, const Checker& checker) {
  AnonymizationRecord& record = picture.hidden.record;
  std::vector<int> blocks;
  for (const CheckedFace& face : picture.faces) blocks.push_back(blocks_across(face));
  for (bool all_hidden = false; !all_hidden;) {
    all_hidden = true;
    for (std::size_t i = 0; i < picture.faces.size(); ++i) {
      while (!checker.look(photo, record, picture.faces, i)) {
        if (blocks[i] == 0) {
          if (is_hidden_by_grey(picture.faces[i])) break;
          throw NotHidden(picture.faces[i].box);
        }
        all_hidden = false;
        const bool of_network = record.mode == AnonymizationMode::Open && record.regions[i].restorable;
        const Box& box = picture.faces[i].box;
        int block = picture.faces[i].block;
        if (!of_network || checker.chosen() == BlocksAre::Usual) {
          blocks[i] /= 2;
          block = blocks[i] > 0 ? std::max(kSmallestMosaicBlock, mosaic_block(box, blocks[i])) : 0;
        }
        cover_again(photo, record, picture.faces, i, block);
      }
    }
  }
}

}  // namespace

std::string to_string(Fallback fallback) {
  switch (fallback) {
    case Fallback::None:
      return "none";
    case Fallback::PlainMosaic:
      return "plain mosaic";
    case Fallback::Coarser:
      return "coarser mosaic";
  }
  throw std::invalid_argument("to_string: no such fallback");
}

FaceLikeness likeness_by(const IdentityCheck* identity) {
  if (!identity) return {};
  return [identity](const Image& clear, const Image& written, const Box& face) {
    return (*identity)(clear, written, face);
  };
}

CheckedPicture hide_checked(Image& photo, const HidePhoto& hide, int blocks, Cover cover,
                            const FaceLikeness& likeness, BlocksAre chosen) {
  const Checker checker(photo, cover, likeness, chosen);
  for (bool coarser = false;; coarser = true, blocks /= 2) {
    Image written = photo;
    CheckedPicture picture{hide(written, std::max(1, blocks)), {}};
    const AnonymizationRecord& record = picture.hidden.record;
    picture.faces = faces_of(record);
    std::optional<Box> open;  // a face that is not hidden
    if (record.mode != AnonymizationMode::Keyed) {
      cover_until_hidden(written, picture, checker);
    } else {
      for (std::size_t i = 0; i < picture.faces.size(); ++i) {
        if (coarser) picture.faces[i].fallback = Fallback::Coarser;
        const bool hidden = checker.look(written, record, picture.faces, i) ||
                            (blocks <= 1 && is_hidden_by_grey(picture.faces[i]));
        if (!hidden && !open) open = picture.faces[i].box;
      }
    }
    if (!open) {
      photo = std::move(written);
      return picture;
    }
    if (blocks <= 1) throw NotHidden(*open);
  }
}

}  // namespace bauta
