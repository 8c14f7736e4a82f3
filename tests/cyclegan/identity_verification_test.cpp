// Pairs of photographs of one person and of two, told apart by FaceNet and by SFace (BAUTA_FACES, see
// tests/README.md), from photograph to cosine.
#include <doctest/doctest.h>

#include "cyclegan/evaluation/verification.h"
#include "tests/cyclegan/identity_references.h"

namespace bauta::test {

namespace {

// Of all 679 photographs of 85 people, by a reference runtime.
const std::map<std::string, double> kReference{{"facenet", 0.9912}, {"sface", 0.9951}};

}  // namespace

TEST_CASE("identity networks tell people apart on photographs") {
  if (!identity_networks_are_fetched()) return;
  const std::filesystem::path folder = named_folder("BAUTA_FACES", "yunet.tsv");
  if (folder.empty()) return;
  const char* const all = std::getenv("BAUTA_ALL_PHOTOGRAPHS");
  const std::size_t every = all ? 1 : 12;  // of the people one in so many
  std::map<std::string, std::vector<Row>> people;
  for (const Row& row : read_table(folder / "yunet.tsv"))
    if (row.at("path").starts_with("identity/") && row.at("n") != "0")
      people[std::filesystem::path(row.at("path")).parent_path()].push_back(row);
  REQUIRE(people.size() >= 2 * every);

  Engine engine;
  for (const std::string& name : kIdentityNetworks) {
    CAPTURE(name);
    const auto network = load_identity_network(engine, name);
    std::vector<Image> cuts;
    std::vector<std::size_t> person_of;
    std::size_t person = 0;
    for (const auto& [of, rows] : people) {
      if (person++ % every != 0) continue;
      for (const Row& row : rows) {
        cuts.push_back(network->cut(read_image(folder / row.at("path")), face_of(row)));
        person_of.push_back(person);
      }
    }
    const std::vector<Embedding> embeddings = network->embed(cuts);
    std::vector<Comparison> pairs;
    for (std::size_t i = 0; i < embeddings.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        pairs.push_back({cosine(embeddings[i], embeddings[j]), person_of[i], person_of[j]});
    const double area = area_under(roc_curve(std::move(pairs)));
    std::cout << name << ": " << embeddings.size() << " photographs, AUC " << area << "\n";
    CHECK(area > 0.95);
    if (all) CHECK(std::abs(area - kReference.at(name)) < 0.002);
  }
}

}  // namespace bauta::test
