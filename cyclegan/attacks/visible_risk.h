// What the visible blocks of a face give away, as bauta attack measured it: the one table that deid prints
// from and SECURITY.md shows.
#pragma once

#include <span>
#include <string>

namespace bauta {

// How often the best attacker of the `visible` family, or one who just looks, linked a mosaic to another
// photograph of the person at a false accept rate of 1 %, with the 95 % interval; shares of 1.
struct VisibleRisk {
  int blocks;  // across the face
  double linked, low, high;
  const char* attacker;  // as in the report
};

// By falling number of blocks. models/results/visible-blocks.csv has all attackers and the command.
std::span<const VisibleRisk> measured_visible_risks();

// What holds for `blocks` across a face: what was measured for them, or for the next larger number that was
// tried, which shows more; beyond the largest, its own, which is then too little. Throws
// std::invalid_argument unless blocks is at least 1.
const VisibleRisk& visible_risk(int blocks);

// "4 blocks across a face: ...", a line for people.
std::string visible_risk_line(int blocks);

}  // namespace bauta
