#include "cyclegan/evaluation/judgement.h"

#include <algorithm>
#include <chrono>

#include "cyclegan/anonymizer/checks.h"
#include "io/png_codec.h"

namespace bauta {

namespace {

// Calls `work`; returns what it returned, and adds the time that it took.
template <class Work>
Image timed(double& seconds, const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  Image made = work();
  seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return made;
}

}  // namespace

Image through_png(const Image& made) { return decode_png(encode_png(made)); }

FacePicture face_picture(const Image& picture, const Subject& subject) { return {&picture, subject.face}; }

Fidelity compare(const Image& clear, const Image& other, const Box& face) {
  return {std::min(psnr(clear, other), kEqualPsnr), std::min(psnr(clear, other, face), kEqualPsnr),
          ssim(clear, other)};
}

Judgement judge(const Method& method, const Subject& subject) {
  const Image& clear = subject.clear;
  const Box face = subject.box();
  Judgement result;
  const Image made = timed(result.hide_seconds, [&] { return method.hide(face_picture(clear, subject)); });
  result.hidden = through_png(made);
  result.deid = compare(clear, result.hidden, face);
  if (method.reversible()) {
    result.restored =
        timed(result.restore_seconds, [&] { return method.restore(face_picture(result.hidden, subject)); });
    result.reid = compare(clear, result.restored, face);
    if (method.keyed()) {
      result.misread = method.restore(face_picture(result.hidden, subject), Key::Wrong);
      result.wrong_key = compare(clear, result.misread, face);
    }
  }

  result.deviation = mean_distance(result.hidden, mosaic(result.hidden, face, subject.face.block), face);
  result.mosaic_psnr =
      std::min(psnr(mosaic(clear, face, subject.face.block), result.hidden, face), kEqualPsnr);
  result.face_hidden = check_face(clear, result.hidden, face, subject.face.block).face_hidden();

  const ComplexityMap before = pixel_complexity(clear), after = pixel_complexity(result.hidden);
  result.accuracy = count_anonymized(before, after, face);
  for (std::size_t i = 0; i < kCurveThresholds.size(); ++i)
    result.accuracy_curve[i] = count_anonymized(before, after, face, kCurveThresholds[i]);
  return result;
}

}  // namespace bauta
