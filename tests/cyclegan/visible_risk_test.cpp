#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "cyclegan/anonymizer/cover.h"
#include "cyclegan/attacks/visible_risk.h"

using namespace bauta;

namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  return cells;
}

}  // namespace

TEST_CASE("visible risk: each number of blocks has its best attacker among the committed results") {
  std::ifstream file(BAUTA_SOURCE_DIR "/models/results/visible-blocks.csv");
  std::string line;
  REQUIRE(std::getline(file, line));
  std::map<int, std::vector<std::string>> best;
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = cells_of(line);
    std::vector<std::string>& kept = best[std::stoi(cells.at(0))];
    if (kept.empty() || std::stod(cells.at(4)) > std::stod(kept.at(4))) kept = cells;
  }
  REQUIRE(best.size() == measured_visible_risks().size());
  auto row = best.rbegin();
  for (const VisibleRisk& risk : measured_visible_risks()) {
    const std::vector<std::string>& cells = (row++)->second;
    CHECK(risk.blocks == std::stoi(cells.at(0)));
    CHECK(risk.attacker == cells.at(1));
    CHECK(risk.linked == std::stod(cells.at(4)));
    CHECK(risk.low == std::stod(cells.at(5)));
    CHECK(risk.high == std::stod(cells.at(6)));
  }
}

TEST_CASE("visible risk: numbers that were not tried have the next larger one's, and the line says so") {
  CHECK(visible_risk(4).blocks == 4);
  CHECK(visible_risk(5).blocks == 6);
  CHECK(visible_risk(1).blocks == 1);
  CHECK(visible_risk(50).blocks == 20);
  CHECK_THROWS_AS(visible_risk(0), std::invalid_argument);
  CHECK(visible_risk_line(kUsualCoverBlocks).starts_with("4 blocks across a face stay visible"));
  CHECK(visible_risk_line(1).starts_with("1 block across a face stays visible"));
  CHECK(visible_risk_line(4).find("measured at") == std::string::npos);
  CHECK(visible_risk_line(5).find("(measured at 6)") != std::string::npos);
  CHECK(visible_risk_line(50).find("link over 86 %") != std::string::npos);
}

TEST_CASE("visible risk: more blocks, more risk, within its interval") {
  const auto risks = measured_visible_risks();
  CHECK(std::ranges::is_sorted(risks, std::greater(), &VisibleRisk::blocks));
  CHECK(std::ranges::is_sorted(risks, std::greater(), &VisibleRisk::linked));
  for (const VisibleRisk& risk : risks) {
    CHECK(risk.low < risk.linked);
    CHECK(risk.linked < risk.high);
    CHECK(risk.high <= 1);
  }
}
