// What one method does to one face. Paper sections 5.1 and 5.2.
#pragma once

#include <array>
#include <optional>

#include "cyclegan/evaluation/complexity.h"
#include "cyclegan/evaluation/method.h"
#include "cyclegan/evaluation/quality.h"
#include "cyclegan/evaluation/subject.h"

namespace bauta {

// How near a picture is to the ID picture.
struct Fidelity {
  double psnr = 0;       // dB; kEqualPsnr at most
  double psnr_face = 0;  // in the face box alone
  Ssim ssim;
};

// Equal pictures have an infinite PSNR, of which there is no mean: they count as this.
inline constexpr double kEqualPsnr = 100;

Fidelity compare(const Image& clear, const Image& other, const Box& face);

struct Judgement {
  Image hidden;    // the De-ID picture as an 8-bit PNG gives it back
  Image restored;  // the Re-ID picture made of that; empty where there is no way back
  Image misread;   // keyed methods: what another key makes of it
  Fidelity deid, reid, wrong_key;
  double hide_seconds = 0, restore_seconds = 0;

  // Is it a mosaic? Mean over the face of the distance from its own block means, in grey levels: a mosaic has
  // 0, at 2 one begins to see something. A Re-ID figure counts only where this is small.
  double deviation = 0;
  double mosaic_psnr = 0;  // dB from the clear picture's plain mosaic, in the face
  bool face_hidden =
      false;  // check_face (anonymizer/checks.h): bauta deid would not put a plain mosaic instead

  AccuracyCounts accuracy;  // at kComplexityThreshold
  std::array<AccuracyCounts, kCurveThresholds.size()> accuracy_curve;
};

// Between hiding and restoring lies a PNG file in memory: a float handed from one network to the other is no
// picture.
Judgement judge(const Method& method, const Subject& subject);

// What a picture is once it went through an 8-bit PNG file.
Image through_png(const Image& made);

// The same as a FacePicture of the subject's.
FacePicture face_picture(const Image& picture, const Subject& subject);

}  // namespace bauta
