// What restoring does with keyed pictures of which something was changed.
#include <doctest/doctest.h>

#include "cyclegan/anonymizer/hiding.h"
#include "cyclegan/anonymizer/restoring.h"
#include "tests/cyclegan/keyed_pictures.h"

using namespace bauta;
using namespace bauta::test;

namespace {

const std::filesystem::path kName = "picture";
const std::vector<Box> kFaces{{13, 17, 61, 70}, {120, 30, 100, 90}};

struct Hidden {
  explicit Hidden(ResidualCode code) : original(smooth_picture(260, 200)), photo(original) {
    record = hide_keyed(photo, kFaces, {.code = code}, Closer(test_key()), {}).record;
  }
  std::vector<RestoredFace> restore(Image& into, bool with_record, bool force_damaged) const {
    return restore_keyed(kName, into, with_record ? std::optional(record) : std::nullopt, Opener(test_key()),
                         force_damaged);
  }
  Image original, photo;
  AnonymizationRecord record;
};

std::string error_of(const Hidden& hidden, Image photo, bool with_record, bool force_damaged) {
  const Image before = photo;
  try {
    hidden.restore(photo, with_record, force_damaged);
  } catch (const CannotOpen& error) {
    CHECK(photo == before);
    return error.what();
  }
  return "";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("a changed face of the exact code: with its record all or none, and what can restore the others") {
  const Hidden hidden(ResidualCode::Exact);
  Image changed = hidden.photo;
  changed.at(60, 70)[1] ^= 1;
  const std::string refused = error_of(hidden, changed, true, false);
  CHECK(has(refused, "face 1 has been changed"));
  CHECK(has(refused, "the exact code cannot restore a changed face"));
  CHECK(has(refused, "--force-damaged restores the picture's other faces"));

  for (const bool with_record : {true, false}) {
    CAPTURE(with_record);
    Image restored = changed;
    const auto faces = hidden.restore(restored, with_record, with_record);
    REQUIRE(faces.size() == 2);
    CHECK(faces[0].how == Restored::Not);
    CHECK(faces[1].how == Restored::Exact);
    CHECK(has(faces[0].why_not, "face 1 has been changed"));
    CHECK(has(faces[0].why_not, "only companded and network can"));
    CHECK(crop(restored, kFaces[0]) == crop(changed, kFaces[0]));
    CHECK(crop(restored, kFaces[1]) == crop(hidden.original, kFaces[1]));
  }
  changed.at(200, 100)[0] ^= 1;
  CHECK(has(error_of(hidden, changed, true, true), "only companded and network can"));
  CHECK_FALSE(has(error_of(hidden, changed, true, true), "--force-damaged"));
  CHECK(has(error_of(hidden, changed, false, false), "face 1 has been changed"));
}

TEST_CASE("a changed face of the companded code comes back by force, with or without its record") {
  const Hidden hidden(ResidualCode::Companded);
  Image changed = hidden.photo;
  changed.at(60, 70)[1] ^= 1;
  CHECK(has(error_of(hidden, changed, true, false), "or pass --force-damaged"));
  Image left = changed;
  const auto found = hidden.restore(left, false, false);
  REQUIRE(found.size() == 2);
  CHECK((found[0].how == Restored::Not && found[1].how == Restored::Nearly));
  CHECK(has(found[0].why_not, "--force-damaged"));
  for (const bool with_record : {true, false}) {
    Image restored = changed;
    const auto faces = hidden.restore(restored, with_record, true);
    CHECK((faces[0].how == Restored::Damaged && faces[1].how == Restored::Nearly));
    CHECK_FALSE(crop(restored, kFaces[0]) == crop(changed, kFaces[0]));
  }
}
