// How well the cascade agrees with OpenCV's own evaluator on photographs, which are not part of the project.
// Set BAUTA_FACES to a folder with manifest.tsv (tab-separated, with a line of names: path, haar_n, bx, by,
// bw, bh among them; the boxes by OpenCV 4.6, haarcascade_frontalface_default.xml, scale factor 1.1, 5
// neighbours, 40 pixels) and, if the cascade is not where Debian's opencv-data puts it, BAUTA_CASCADE to the
// XML file.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "io/haar_cascade.h"
#include "io/image.h"
#include "tests/tab_separated.h"

using namespace bauta;
using bauta::test::read_table;
using bauta::test::Row;

namespace {

std::filesystem::path variable(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value ? value : otherwise;
}

}  // namespace

TEST_CASE("the Haar cascade finds the faces that OpenCV finds") {
  constexpr std::size_t kPhotographs = 400;
  const std::filesystem::path folder = variable("BAUTA_FACES", "");
  const std::filesystem::path xml =
      variable("BAUTA_CASCADE", "/usr/share/opencv4/haarcascades/haarcascade_frontalface_default.xml");
  if (!std::filesystem::exists(folder / "manifest.tsv") || !std::filesystem::exists(xml)) {
    std::cout << "SKIP: agreement with OpenCV not measured; set BAUTA_FACES and BAUTA_CASCADE\n";
    return;
  }
  std::vector<Row> rows = read_table(folder / "manifest.tsv");
  std::erase_if(rows, [](const Row& row) { return row.at("haar_n") != "1"; });
  const HaarCascade cascade = HaarCascade::load(xml);
  const std::size_t step = std::max<std::size_t>(1, rows.size() / kPhotographs);
  int measured = 0, same_count = 0, agreeing = 0;
  for (std::size_t i = 0; i < rows.size(); i += step, ++measured) {
    const auto number = [&](const char* name) { return std::stoi(rows[i].at(name)); };
    const Image image = read_image(folder / rows[i].at("path"));
    const auto boxes = cascade.detect(to_grey(image), image.width, image.height);
    same_count += boxes.size() == 1;
    const Box reference{number("bx"), number("by"), number("bw"), number("bh")};
    agreeing += !boxes.empty() && intersection_over_union(boxes[0], reference) > 0.8;
  }
  REQUIRE(measured > 0);
  std::cout << "agreement with OpenCV on " << measured << " photographs: box " << 100.0 * agreeing / measured
            << " %, number of faces " << 100.0 * same_count / measured << " %\n";
  CHECK(agreeing >= 0.98 * measured);
  CHECK(same_count >= 0.95 * measured);
}
