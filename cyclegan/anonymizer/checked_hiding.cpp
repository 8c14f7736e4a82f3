#include "cyclegan/anonymizer/checked_hiding.h"

#include <algorithm>
#include <stdexcept>

#include "cyclegan/anonymizer/anonymizer.h"
#include "cyclegan/keyed/lattice.h"

namespace bauta {
namespace {

// A face of the clear picture and of the written one, alone. What later faces cover is the same mosaic in
// both, for the check to pass over.
struct FacePair {
  Image clear, written;
};

FacePair pair_of(const Image& clear, const Image& written, const CheckedFace& face,
                 const std::vector<Box>& later) {
  FacePair pair{crop(clear, face.box), crop(written, face.box)};
  const Image plain = mosaic(pair.clear, {0, 0, face.box.width, face.box.height}, face.block);
  for (const Box& other : later) {
    Box shared = intersection(face.box, other);
    if (shared.area() == 0) continue;
    shared.x -= face.box.x;
    shared.y -= face.box.y;
    const Image patch = crop(plain, shared);
    paste(pair.clear, patch, shared.x, shared.y);
    paste(pair.written, patch, shared.x, shared.y);
  }
  return pair;
}

// Whether every block has one colour, but for what later faces cover.
bool is_plain(const Image& written, const CheckedFace& face, const std::vector<Box>& later) {
  const Box& box = face.box;
  const auto covered = [&later](int x, int y) {
    return std::ranges::any_of(later, [&](const Box& other) {
      return intersection(other, {x, y, 1, 1}).area() > 0;
    });
  };
  for (int top = box.y; top < box.y + box.height; top += face.block)
    for (int left = box.x; left < box.x + box.width; left += face.block) {
      const std::uint8_t* colour = nullptr;
      for (int y = top; y < std::min(top + face.block, box.y + box.height); ++y)
        for (int x = left; x < std::min(left + face.block, box.x + box.width); ++x) {
          const std::uint8_t* pixel = written.at(x, y);
          if (colour && std::equal(pixel, pixel + 3, colour)) continue;
          if (covered(x, y)) continue;
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
  Checker(const Image& clear, Cover cover, const IdentityCheck* identity, BlocksAre chosen)
      : clear_(clear), cover_(cover), identity_(identity), chosen_(chosen) {}

  // Whether face i of the picture is hidden; notes what was measured.
  bool look(const Image& written, const AnonymizationRecord& record, std::vector<CheckedFace>& faces,
            std::size_t i) const {
    CheckedFace& face = faces[i];
    std::vector<Box> later;
    for (std::size_t j = i + 1; j < faces.size(); ++j) later.push_back(faces[j].box);
    const FacePair pair = pair_of(clear_, written, face, later);
    face.check = check_face(pair.clear, pair.written, {0, 0, face.box.width, face.box.height}, face.block);
    if (!is_covered(pair, written, record, face, later, i)) return false;
    if (!identity_) return true;
    face.likeness = (*identity_)(clear_, written, face.box);
    return !face.is_recognized() || (chosen_ == BlocksAre::AskedFor && shows_no_more_than_its_blocks(face));
  }

  BlocksAre chosen() const { return chosen_; }

 private:
  bool is_covered(const FacePair& pair, const Image& written, const AnonymizationRecord& record,
                  const CheckedFace& face, const std::vector<Box>& later, std::size_t i) const {
    if (record.mode == AnonymizationMode::Keyed) {
      const Lattice lattice(record.keyed_regions[i].k);
      const auto cells = cover_ == Cover::Fill ? fill_cells(pair.clear, lattice)
                                               : block_cells(pair.clear, face.block, lattice);
      return lies_in_cells(pair.written, cells, lattice);
    }
    if (record.mode == AnonymizationMode::Open && record.regions[i].restorable)
      return face.check.face_hidden();
    return is_plain(written, face, later);
  }

  bool shows_no_more_than_its_blocks(const CheckedFace& face) const {
    const auto of_mosaic = (*identity_)(clear_, mosaic(clear_, face.box, face.block), face.box);
    return of_mosaic && *face.likeness <= *of_mosaic + kLikenessSlack;
  }

  const Image& clear_;
  Cover cover_;
  const IdentityCheck* identity_;
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
      photo = mosaic(photo, region.face, region.block);
      region.restorable = false;
      faces[i].block = region.block;
    } else if (intersection(region.face, faces[i].box).area() > 0 && (j > i || region.restorable)) {
      photo = mosaic(photo, region.face, region.block);
      if (region.restorable) faces[j].fallback = Fallback::PlainMosaic;
      region.restorable = false;
    }
  }
}

// How many blocks lie across the face.
int blocks_across(const CheckedFace& face) {
  return std::max(1, std::min(face.box.width, face.box.height) / std::max(1, face.block));
}

void cover_until_hidden(Image& photo, CheckedPicture& picture, const Checker& checker) {
  for (std::size_t i = 0; i < picture.faces.size(); ++i) {
    AnonymizationRecord& record = picture.hidden.record;
    int blocks = blocks_across(picture.faces[i]);
    while (!checker.look(photo, record, picture.faces, i)) {
      if (blocks == 0) throw NotHidden();
      const bool of_network = record.mode == AnonymizationMode::Open && record.regions[i].restorable;
      int block = picture.faces[i].block;
      if (!of_network || checker.chosen() == BlocksAre::Usual) {
        blocks /= 2;
        block = blocks > 0 ? std::max(kSmallestMosaicBlock, mosaic_block(picture.faces[i].box, blocks)) : 0;
      }
      cover_again(photo, record, picture.faces, i, block);
      for (std::size_t j = 0; j < i; ++j) checker.look(photo, record, picture.faces, j);
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

CheckedPicture hide_checked(Image& photo, const HidePhoto& hide, int blocks, Cover cover,
                            const IdentityCheck* identity, BlocksAre chosen) {
  const Checker checker(photo, cover, identity, chosen);
  for (bool coarser = false;; coarser = true, blocks /= 2) {
    Image written = photo;
    CheckedPicture picture{hide(written, std::max(1, blocks)), {}};
    const AnonymizationRecord& record = picture.hidden.record;
    picture.faces = faces_of(record);
    bool hidden = true;
    if (record.mode != AnonymizationMode::Keyed) {
      cover_until_hidden(written, picture, checker);
    } else {
      for (std::size_t i = 0; i < picture.faces.size(); ++i) {
        if (coarser) picture.faces[i].fallback = Fallback::Coarser;
        hidden = checker.look(written, record, picture.faces, i) && hidden;
      }
    }
    if (hidden) {
      photo = std::move(written);
      return picture;
    }
    if (blocks <= 1) throw NotHidden();
  }
}

}  // namespace bauta
