// What the tests of identity networks are held against, none of which comes with the sources: the networks
// (scripts/fetch_networks), cuts with a reference runtime's embeddings (BAUTA_IDENTITY), photographs
// (BAUTA_FACES).
#pragma once

#include <cmath>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "cyclegan/faces/facenet.h"
#include "cyclegan/faces/sface.h"
#include "tests/tab_separated.h"

namespace bauta::test {

inline const std::vector<std::string> kIdentityNetworks{"facenet", "sface"};

inline std::filesystem::path fetched(const std::string& network) {
  return std::filesystem::path(BAUTA_SOURCE_DIR) / "models" / "fetched" / (network + ".safetensors");
}

inline std::unique_ptr<IdentityNetwork> load_identity_network(Engine& engine, const std::string& name) {
  if (name == "facenet") return std::make_unique<FaceNet>(engine, fetched(name));
  return std::make_unique<SFace>(engine, fetched(name));
}

// Whether they are here; otherwise says SKIP.
inline bool identity_networks_are_fetched() {
  for (const std::string& name : kIdentityNetworks)
    if (!std::filesystem::exists(fetched(name))) {
      std::cout << "SKIP: the identity networks are not here; run scripts/fetch_networks\n";
      return false;
    }
  return true;
}

// A folder with `file` in it that the environment names; empty, and SKIP said, where it names none.
inline std::filesystem::path named_folder(const char* variable, const std::string& file) {
  const char* const value = std::getenv(variable);
  if (value && std::filesystem::exists(std::filesystem::path(value) / file)) return value;
  std::cout << "SKIP: " << variable << " names no folder with " << file << "\n";
  return {};
}

struct ReferenceEmbedding {
  std::string file;
  Image cut;
  Embedding embedding;
};

// BAUTA_IDENTITY/NETWORK/embeddings.tsv: a cut's name, then the numbers; the cuts lie beside it.
inline std::vector<ReferenceEmbedding> read_references(const std::filesystem::path& folder) {
  std::vector<ReferenceEmbedding> references;
  std::ifstream in(folder / "embeddings.tsv");
  for (std::string line; std::getline(in, line);) {
    const std::vector<std::string> cells = tab_separated(line);
    ReferenceEmbedding reference{cells.at(0), read_image(folder / cells.at(0)), {}};
    for (std::size_t i = 1; i < cells.size(); ++i) reference.embedding.push_back(std::stof(cells[i]));
    references.push_back(std::move(reference));
  }
  return references;
}

// BAUTA_FACES/yunet.tsv
inline FaceLocation face_of(const Row& row) {
  const auto number = [&row](const std::string& name) { return std::stof(row.at(name)); };
  FaceLocation face{number("x"), number("y"), number("w"), number("h"), {}};
  std::size_t i = 0;
  for (const std::string name : {"reye", "leye", "nose", "rmouth", "lmouth"})
    face.landmarks[i++] = {number(name + "_x"), number(name + "_y")};
  return face;
}

// A drawing that looks like nobody, 0 <= seed.
inline Image drawn_cut(int side, int seed) {
  Image image = blank_image(side, side);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      for (int c = 0; c < 3; ++c)
        image.at(x, y)[c] =
            static_cast<std::uint8_t>(127 + 60 * std::sin((x * (c + 2) + 3 * y) * 0.02 + seed) +
                                      60 * std::cos((y - x) * 0.05 * (seed + 1)));
  return image;
}

}  // namespace bauta::test
