// How a face's box moves: a Kalman filter of constant velocity for each of its numbers (Kalman 1960; as SORT,
// Bewley et al. 2016, has it for boxes).
#pragma once

#include <array>

#include "io/box.h"

namespace bauta {

// A box by its centre and sides, pixels.
struct CentredBox {
  double x = 0, y = 0, width = 0, height = 0;
  double side() const { return width > height ? width : height; }
};
CentredBox centred(const Box& box);
// The smallest box of whole pixels that holds it.
Box outward(const CentredBox& box);
// The smallest that holds both.
CentredBox hull(const CentredBox& a, const CentredBox& b);

class BoxMotion {
 public:
  explicit BoxMotion(const CentredBox& seen);

  // Where it is taken to be so many frames after it was last seen.
  CentredBox after(int frames) const;
  // It was seen so many frames after the last time.
  void see(const CentredBox& seen, int frames);

 private:
  // One number and how quickly it changes, with their covariance.
  struct Coordinate {
    double value, velocity = 0;
    double vv, vs = 0, ss;  // variance of the value, covariance, variance of the velocity
    void advance(double frames, double acceleration);
    void measure(double seen, double deviation);
  };
  static CentredBox box_of(const std::array<Coordinate, 4>& coordinates);

  std::array<Coordinate, 4> coordinates_;
  double side_;
};

}  // namespace bauta
