#include "cyclegan/evaluation/evaluation.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "cyclegan/evaluation/damage.h"
#include "cyclegan/report/report.h"
#include "cyclegan/report/verdict.h"
#include "kernels/random.h"
#include "nn/ops.h"

using namespace bauta;

namespace {

constexpr int kSide = 32;

// Noise about one colour.
Image picture_of(int red, int green, int blue, std::uint64_t seed) {
  Image image = blank_image(kSide, kSide);
  const RandomStream random{seed, 0};
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    const int colour[3] = {red, green, blue};
    image.pixels[i] = static_cast<std::uint8_t>(colour[i % 3] + static_cast<int>(random.below(21, i)) - 10);
  }
  return image;
}

// Two pictures each of so many people, who differ in colour.
SubjectSet people(std::size_t count, bool known = true) {
  SubjectSet set{"colours", {}, known, 0};
  for (std::size_t i = 0; i < 2 * count; ++i) {
    const auto hue = 2 * 3.14159265 * static_cast<double>(i / 2) / static_cast<double>(count);
    const auto level = [hue](double shift) { return static_cast<int>(128 + 100 * std::cos(hue + shift)); };
    Subject subject;
    subject.name = std::string("p").append(std::to_string(i));
    subject.person = known ? i / 2 : i;
    subject.clear = picture_of(level(0), level(2.1), level(4.2), i);
    subject.face = {8, 8, 16, 16, 4};
    subject.location = FaceLocation{0, 0, kSide, kSide, {}};
    set.subjects.push_back(std::move(subject));
  }
  return set;
}

// Tells people by their mean colour.
class ColourNetwork final : public IdentityNetwork {
 public:
  explicit ColourNetwork(Engine& engine) : IdentityNetwork(engine) {}
  Image cut(const Image& photo, const FaceLocation&) const override { return photo; }
  int side() const override { return kSide; }
  int dimensions() const override { return 3; }

 private:
  Tensor features(const Tensor& cuts) const override { return avg_pool(cuts, {kSide, kSide, 0}); }
};

// Leaves everything as it is.
class Nothing final : public Method {
 public:
  Image hide(const FacePicture& clear) const override { return *clear.picture; }
  bool reversible() const override { return true; }
  Image restore(const FacePicture& hidden, Key) const override { return *hidden.picture; }
};

// Black, and grey for whoever has the key.
class Black final : public Method {
 public:
  Image hide(const FacePicture& clear) const override {
    return blank_image(clear.picture->width, clear.picture->height);
  }
  bool reversible() const override { return true; }
  bool keyed() const override { return true; }
  Image restore(const FacePicture& hidden, Key key) const override {
    Image grey = *hidden.picture;
    for (auto& value : grey.pixels) value = key == Key::Right ? 128 : 255;
    return grey;
  }
};

// Block colours, for good.
class Mosaic final : public Method {
 public:
  Image hide(const FacePicture& clear) const override {
    const auto& [x, y, width, height, block] = clear.face;
    return mosaic(*clear.picture, {x, y, width, height}, block);
  }
  bool reversible() const override { return false; }
  Image restore(const FacePicture&, Key) const override { throw std::logic_error("there is no way back"); }
};

}  // namespace

TEST_CASE("a picture that is left alone is no mosaic, and equal pictures count as 100 dB") {
  const Subject subject = people(1).subjects[0];
  const Judgement judgement = judge(Nothing(), subject);
  CHECK(judgement.hidden == subject.clear);
  CHECK(judgement.restored == subject.clear);
  CHECK(judgement.deid.psnr == kEqualPsnr);
  CHECK(judgement.reid.ssim.rgb == doctest::Approx(1));
  CHECK(judgement.deviation > 3);
  CHECK_FALSE(judgement.face_hidden);
  CHECK(judgement.accuracy.face_cleared == 0);
  CHECK(judgement.misread.pixels.empty());
}

TEST_CASE("a plain mosaic is one, and hides the face") {
  const Judgement judgement = judge(Mosaic(), people(1).subjects[0]);
  CHECK(judgement.deviation == doctest::Approx(0));
  CHECK(judgement.mosaic_psnr == kEqualPsnr);
  CHECK(judgement.face_hidden);
  CHECK(judgement.restored.pixels.empty());
}

TEST_CASE("what the wrong key brings back stands beside what the right one does") {
  const Judgement judgement = judge(Black(), people(1).subjects[0]);
  CHECK(judgement.restored.pixels[0] == 128);
  CHECK(judgement.misread.pixels[0] == 255);
  CHECK(judgement.wrong_key.psnr != judgement.reid.psnr);
}

TEST_CASE(
    "people are recognized where the network tells them apart, and by other photographs only where they are "
    "known") {
  Engine engine;
  const ColourNetwork network(engine);
  for (bool known : {true, false}) {
    const SubjectSet set = people(6, known);
    std::vector<const Image*> clear;
    for (const Subject& subject : set.subjects) clear.push_back(&subject.clear);
    std::size_t done = 0;
    const Embeddings embeddings = embed(network, set, clear, [&](std::size_t count) { done += count; });
    CHECK(done == set.subjects.size());
    const auto own = recognize(set, embeddings, embeddings, Gallery::OwnPhotograph, 1);
    const auto other = recognize(set, embeddings, embeddings, Gallery::OtherPhotograph, 1);
    REQUIRE(own);
    CHECK(own->genuine == 12);
    CHECK(own->impostors == (known ? 12 * 10 : 12 * 11));
    CHECK(other.has_value() == known);
    if (!other) continue;
    CHECK(other->genuine == 12);
    CHECK(other->impostors == 12 * 10);
    CHECK(other->tar_at_far_1pct.mean == 1);
  }
}

TEST_CASE("a face that was not located, and a picture that is not there, have no embedding") {
  Engine engine;
  SubjectSet set = people(2);
  set.subjects[1].location.reset();
  const Image none;
  const std::vector<const Image*> pictures{&set.subjects[0].clear, &set.subjects[1].clear, &none};
  const Embeddings embeddings = embed(ColourNetwork(engine), set, pictures, [](std::size_t) {});
  REQUIRE(embeddings.size() == 4);
  CHECK(embeddings[0].has_value());
  for (std::size_t i : {1, 2, 3}) CHECK_FALSE(embeddings[i].has_value());
}

TEST_CASE("strangers are pairs of different people, none twice, and the same in every run") {
  const SubjectSet set = people(3);
  const auto pairs = pairs_of_strangers(set, 100, 7);
  CHECK(pairs.size() == 12);  // of 15 pairs three are of one person
  std::set<std::pair<std::size_t, std::size_t>> seen;
  for (const auto& [i, j] : pairs) {
    CHECK(set.subjects[i].person != set.subjects[j].person);
    CHECK(seen.insert(std::minmax(i, j)).second);
  }
  CHECK(pairs_of_strangers(set, 5, 7).size() == 5);
  CHECK(pairs == pairs_of_strangers(set, 100, 7));
  CHECK(pairs_of_strangers(people(1), 5, 7).empty());
}

TEST_CASE("damage keeps a picture's size, is the same in every run, and does what its name says") {
  const Image picture = picture_of(120, 130, 140, 3);
  std::map<std::string, double> left;
  for (const Damage& damage : damages()) {
    const Image damaged = damage.apply(picture, 5);
    CHECK(damaged.width == kSide);
    CHECK(damaged == damage.apply(picture, 5));
    left[damage.name] = psnr(picture, damaged);
  }
  CHECK(left.size() == 8);
  CHECK(left["JPEG 95"] > left["JPEG 85"]);
  CHECK(left["JPEG 85"] > left["JPEG 75"]);
  // Rounding adds 1/12 to the noise's variance.
  for (int levels : {1, 2, 4})
    CHECK(left["noise of " + std::to_string(levels)] ==
          doctest::Approx(10 * std::log10(255.0 * 255 / (levels * levels + 1.0 / 12))).epsilon(0.02));
}

TEST_CASE("a report has what scripts rely on, and a row a picture") {
  Engine engine;
  const ColourNetwork network(engine);
  const Nothing nothing;
  const Black black;
  const Mosaic mosaic_method;
  EvaluationPlan plan{{"pair", &nothing},
                      {{"black", &black}, {"mosaic", &mosaic_method}},
                      {{"facenet", &network}, {"sface", &network}}};
  plan.damaged = 3;
  plan.blocks = {8, 2};
  plan.baseline_pictures = 1;
  std::size_t done = 0;
  Report report{"bauta evaluate", {{"size", "32"}}, {}, {"a note"}};
  for (std::size_t count : {4, 3})
    report.sets.push_back(evaluate(people(count), plan, [&](std::size_t more) { done += more; }));
  CHECK(done == work_of(plan, 8) + work_of(plan, 6));
  CHECK(report.sets[0].baselines[0].pictures[7].hidden.pixels.empty());

  const auto json = nlohmann::json::parse(report_json(report));
  for (const char* network_name : {"facenet", "sface"})
    for (const char* what : {"deid", "reid", "different"})
      CHECK(json[network_name][what]["mean"].is_number());
  for (const char* measure : {"psnr", "ssim"})
    for (const char* what : {"deid", "reid", "different"}) CHECK(json[measure][what]["ci95"].size() == 2);
  CHECK(json["facenet"]["reid"]["mean"].get<double>() == doctest::Approx(1));
  CHECK(json["psnr"]["reid"]["mean"] == 100);
  CHECK(json["anonymization_accuracy"]["n"] == 8);
  REQUIRE(json["per_image"].size() == 8);
  CHECK(json["per_image"][3]["name"] == "p3");
  CHECK(json["per_image"][3]["facenet"]["deid"].get<double>() == doctest::Approx(1));
  REQUIRE(json["sets"].size() == 2);
  CHECK(json["sets"][1]["per_image"].size() == 6);
  CHECK(json["damages"].size() == 9);
  CHECK(json["by_blocks"][1]["blocks"] == 2);
  CHECK(json["baselines"][0]["psnr"]["wrong_key"]["mean"].is_number());
  CHECK(json["notes"][0] == "a note");

  const std::string html = report_html(report);
  for (const char* part : {"Fig. 6", "Fig. 7", "Fig. 8", "Fig. 9", "Table 1", "Table 2", "Table 3", "a note",
                           "The worst", "colours: 8 faces", "colours: 6 faces", "JPEG 85"})
    CHECK_MESSAGE(html.find(part) != html.npos, part);
}

TEST_CASE("without identity networks and without a way back the rest is still measured") {
  const Mosaic method;
  EvaluationPlan plan{{"mosaic", &method}, {}, {}};
  Report report{"bauta evaluate", {}, {}, {}};
  report.sets.push_back(evaluate(people(2), plan, [](std::size_t) {}));
  const auto json = nlohmann::json::parse(report_json(report));
  CHECK_FALSE(json.contains("facenet"));
  CHECK(json["psnr"]["deid"]["mean"].is_number());
  CHECK(json["psnr"]["reid"].is_null());
  CHECK(json["damages"].empty());
  CHECK(report_html(report).find("Fig. 8") == std::string::npos);
  for (const Target& target : targets_of(report.sets[0]))
    CHECK(target.name.find("Re-ID") == std::string::npos);
  CHECK_THROWS_AS(evaluate({"empty", {}}, plan, [](std::size_t) {}), std::invalid_argument);
}
