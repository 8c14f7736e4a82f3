// How alike a hidden face and the clear one are to the identity check, by what hides it: where its bound
// comes from. likeness PHOTO|FOLDER... > likeness.csv
#include <algorithm>
#include <cstdio>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cyclegan/anonymizer/anonymizer.h"
#include "cyclegan/anonymizer/hiding.h"
#include "cyclegan/anonymizer/identity_check.h"
#include "cyclegan/faces/face_search.h"
#include "io/dataset.h"

namespace {

using namespace bauta;

// The mosaic with a share of what it takes away put back.
Image partly_hidden(const Image& clear, const Box& face, int blocks, double share) {
  Image result = mosaic(clear, face, std::max(2, mosaic_block(face, blocks)));
  for (std::size_t i = 0; i < result.pixels.size(); ++i) {
    const double m = result.pixels[i];
    result.pixels[i] = static_cast<std::uint8_t>(m + share * (clear.pixels[i] - m) + 0.5);
  }
  return result;
}

using Hiding = std::function<Image(const Image& clear, const Box& face)>;

std::vector<std::pair<std::string, Hiding>> hidings(const OpenHider& network) {
  std::vector<std::pair<std::string, Hiding>> all;
  all.emplace_back("fill", [](Image photo, const Box& face) {
    pixelate(photo, {face}, 1, Cover::Fill);
    return photo;
  });
  for (const int blocks : {1, 2, 4, 6, 8, 10, 12, 16, 20, 30})
    all.emplace_back("blocks " + std::to_string(blocks), [blocks](Image photo, const Box& face) {
      pixelate(photo, {face}, blocks);
      return photo;
    });
  all.emplace_back("keyed, 4 blocks", [](Image photo, const Box& face) {
    hide_keyed(photo, {face}, {}, SecretKey::generate(), {});
    return photo;
  });
  all.emplace_back("open, face-128", [&network](Image photo, const Box& face) {
    network(photo, {face});
    return photo;
  });
  for (const double share : {0.1, 0.25, 0.5})
    all.emplace_back(
        "failed: " + std::to_string(static_cast<int>(100 * share)) + " % of the face over 10 blocks",
        [share](const Image& photo, const Box& face) { return partly_hidden(photo, face, 10, share); });
  all.emplace_back("failed: the face half as bright", [](Image photo, const Box& face) {
    Image dark = crop(photo, face.x, face.y, face.width, face.height);
    for (std::uint8_t& level : dark.pixels) level = static_cast<std::uint8_t>(level / 2);
    paste(photo, dark, face.x, face.y);
    return photo;
  });
  all.emplace_back("failed: the face as it was", [](const Image& photo, const Box&) { return photo; });
  return all;
}

void print(const std::string& name, std::vector<double> values) {
  std::ranges::sort(values);
  const auto at = [&values](double share) {
    return values[std::min(values.size() - 1,
                           static_cast<std::size_t>(share * static_cast<double>(values.size())))];
  };
  const auto above = [&values](double bound) {
    return 100.0 *
           static_cast<double>(std::ranges::count_if(values, [bound](double v) { return v > bound; })) /
           static_cast<double>(values.size());
  };
  std::printf("\"%s\",%zu,%.3f,%.3f,%.3f,%.3f,%.3f,%.3f,%.2f,%.2f,%.2f,%.2f\n", name.c_str(), values.size(),
              values.front(), at(0.01), at(0.5), at(0.95), at(0.99), values.back(), above(0.363), above(0.45),
              above(0.5), above(0.6));
}

void measure(const std::vector<std::filesystem::path>& photographs) {
  FaceSearchOptions options;
  options.detector = "yunet";
  const FaceSearch find(options);
  const IdentityCheck likeness;
  const OpenedNetwork G(std::make_unique<Engine>(*available_backends().front(), 0),
                        model_file("", "deid.safetensors"), GeneratorRole::DeId);
  const OpenHider network(G, 0);
  const auto all = hidings(network);
  std::map<std::string, std::vector<double>> found;
  for (const auto& path : photographs) {
    const Image clear = read_image(path);
    const auto faces = find(clear);
    if (faces.empty()) continue;
    for (const auto& [name, hide] : all) {
      const auto value = likeness(clear, hide(clear, faces.front().box), faces.front().box);
      if (value) found[name].push_back(*value);
    }
  }
  std::printf(
      "hidden by,faces,least,1 %%,median,95 %%,99 %%,most,%% above 0.363,%% above 0.45,%% above 0.5,%% above "
      "0.6\n");
  for (const auto& [name, hide] : all)
    if (!found[name].empty()) print(name, found[name]);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    measure(list_images({argv + 1, argv + argc}));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "likeness: %s\n", error.what());
    return 1;
  }
}
