// Where a picture has detail, and how much of a face's detail is gone: anonymization accuracy. Xu et al.
// 2024, §5.1, eq. 5 and Fig. 7.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "io/box.h"
#include "io/image.h"

namespace bauta {

// Row-major, height x width.
struct ComplexityMap {
  int width = 0;
  int height = 0;
  std::vector<float> values;
};

// P of eq. 5 for every pixel x: the sum over its 8 neighbours i of (d_i - mean d)^2. d_i is the grey level
// (to_grey: BT.601 luma, 0 to 255) of neighbour i less that of x, so that the level of x itself cancels: P is
// 8 times the variance of the neighbours' levels. Beyond the picture its edge is repeated. Every value is
// exact, a multiple of 1/8 from 0 to 130050.
ComplexityMap pixel_complexity(const Image& image);

// A pixel is complex where P > threshold, smooth elsewhere. The paper names no threshold, and the accuracy
// hangs on it and on the pictures' scale (a block's inside is smooth, its edge seldom): hence the curve, and
// no comparison of accuracies at different sizes. 200 is 8 * 5^2: neighbours that deviate by more than 5
// levels. There plain mosaics of 20 blocks lose 65.8 % of the complex pixels in the face (204 CelebA
// photographs, `bauta prepare` at its defaults: 256 pixels, margin 1.6), and the paper reports 65.27 % for
// CelebA, which they would have at 187.5.
inline constexpr double kComplexityThreshold = 200;

// The accuracy is "the ratio of correctly anonymized pixels to the total number of complex pixels". In the
// face a pixel is right when it was complex and is smooth now. In the background the text asks for pixels
// "both smooth", which are none of the complex ones it divides by; it goes on to count the background's
// "improper changes in complexity" through blurring as errors.
enum class AccuracyReading {
  // Denominator: complex pixels of the ID picture. Right in the background: still complex. What the text
  // means, a ratio from 0 to 1, but every background left alone (composited De-ID, a plain mosaic) helps.
  WholePicture,
  // Denominator: complex pixels of the ID picture in the face, where alone there is something to hide.
  FaceOnly,
  // To the letter: pixels of the background smooth in both, and denominator as in WholePicture. No ratio of a
  // part to its whole: 2.0 at the threshold above. Here to show why it is not used.
  AsPrinted,
};
inline constexpr AccuracyReading kAccuracyReading = AccuracyReading::WholePicture;

// Pixels of an ID picture and its De-ID picture; face: in the box, background: the rest.
struct AccuracyCounts {
  std::int64_t face_complex = 0;        // in the ID picture
  std::int64_t face_cleared = 0;        // of these, smooth in the De-ID picture
  std::int64_t background_complex = 0;  // in the ID picture
  std::int64_t background_kept = 0;     // of these, complex in the De-ID picture
  std::int64_t background_smooth = 0;   // in both

  // 0 to 1 (AsPrinted: no upper limit); nothing where no pixel was complex.
  std::optional<double> accuracy(AccuracyReading reading = kAccuracyReading) const;
};

// The face box is cut by the picture. Throws std::invalid_argument if the maps differ in size.
AccuracyCounts count_anonymized(const ComplexityMap& id, const ComplexityMap& deid, const Box& face,
                                double threshold = kComplexityThreshold);

// For the curve of accuracy over threshold, about even on a logarithmic axis (which has no place for the 0).
inline constexpr std::array<double, 24> kCurveThresholds{0,    1,    2,    5,    10,   20,   35,    50,
                                                         75,   100,  150,  200,  300,  400,  500,   750,
                                                         1000, 1500, 2000, 3000, 5000, 7500, 10000, 20000};

// Fig. 7 in the paper's colours. Above: smooth pixels of a picture white, complex ones blue. Below: the De-ID
// picture likewise, and in yellow what WholePicture counts as wrong: complex pixels of the face that are
// complex still, and of the background that are smooth now.
Image complexity_picture(const ComplexityMap& map, double threshold = kComplexityThreshold);
Image accuracy_picture(const ComplexityMap& id, const ComplexityMap& deid, const Box& face,
                       double threshold = kComplexityThreshold);

}  // namespace bauta
