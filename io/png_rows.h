// The pixels of a PNG on their way into its file: rows filtered and compressed, as they come.
//
// By Intel's ISA-L rather than libpng's zlib, which took longer than all else that happens to a photograph.
// Each row has the filter Up, the difference to the row above: a subtraction, after which mosaics are zeros.
// Of 12 million noisy pixels that is 7 times as quick as libpng at level 4 with three filters to choose
// among, and 1.5 to 3.5 % longer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bauta {

class PngRows {
 public:
  // row_bytes: of a row as PNG stores it. Appends IDAT chunks to `png`, which must outlive it.
  PngRows(std::size_t row_bytes, std::string& png);
  ~PngRows();
  PngRows(const PngRows&) = delete;
  PngRows& operator=(const PngRows&) = delete;

  // row: row_bytes of them, from the top.
  void add(const std::uint8_t* row);
  // After the last row.
  void finish();

 private:
  class Compressor;

  void filter(const std::uint8_t* row);

  std::size_t row_bytes_;
  std::vector<std::uint8_t> above_, filtered_;
  std::unique_ptr<Compressor> compressor_;
};

}  // namespace bauta
