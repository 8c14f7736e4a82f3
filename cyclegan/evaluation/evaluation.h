// The paper's evaluation of one method on one set of photographs. Sections 5.1 (anonymity), 5.2
// (reversibility) and 5.4 (comparison).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cyclegan/evaluation/bootstrap.h"
#include "cyclegan/evaluation/judgement.h"
#include "cyclegan/evaluation/recognition.h"

namespace bauta {

// The band around zero in which the paper finds its De-ID pictures' FaceNet similarities, and from where on
// it calls two faces alike (section 5.2).
inline constexpr double kUnlinkableBand = 0.4;
inline constexpr double kAlike = 0.8;
// How many pairs of different people stand beside (section 5.2: "200 different ID images").
inline constexpr std::size_t kStrangers = 200;

// Figures of a measure for De-ID and Re-ID against the ID picture; nothing where nothing could be measured.
struct Pair {
  std::optional<Figure> deid, reid;
};

// What one identity network says.
struct IdentityFigures {
  std::string name;
  Pair cosine;                        // eq. 6, Table 1
  std::optional<Figure> wrong_key;    // keyed methods
  std::optional<Figure> within_band;  // share of the De-ID pictures within +-kUnlinkableBand
  std::optional<Figure> alike;        // share of the Re-ID pictures from kAlike on
  Recognition deid, reid;
  // Of each subject, for the report's rows; NaN where there is none.
  std::vector<double> deid_cosines, reid_cosines;
};

// One method on one set.
struct MethodFigures {
  std::string name;
  bool reversible = false, keyed = false;
  std::vector<Judgement> pictures;  // of the set's subjects
  Pair psnr, psnr_face, ssim, ssim_luma;
  std::optional<Figure> psnr_wrong_key;
  std::optional<Figure> deviation, mosaic_psnr, face_hidden;  // De-ID
  // Means of the pictures' ratios: WholePicture and FaceOnly (complexity.h), and at kCurveThresholds.
  std::optional<Figure> accuracy, accuracy_face;
  std::vector<Figure> accuracy_curve, accuracy_face_curve;
  std::optional<Figure> hide_seconds, restore_seconds;
  std::vector<IdentityFigures> identity;
};

// Re-ID of damaged De-ID pictures; first of the same ones undamaged, which are on no curve.
struct DamageFigures {
  std::string name, curve;
  double strength = 0;
  Figure psnr, ssim;
  std::vector<std::optional<Figure>> cosine;  // an opinion each
};

// A plain mosaic of so many blocks across the face: what any such De-ID gives away at least.
struct BlocksFigures {
  int blocks = 0;
  struct Said {
    std::optional<Figure> cosine, within_band;
    Recognition recognized;
  };
  std::vector<Said> opinions;
};

// Of different people's ID pictures, and of clear photographs: what the above is to be held against.
struct Yardstick {
  std::vector<std::pair<std::size_t, std::size_t>> strangers;
  std::optional<Figure> psnr, ssim, ssim_luma;
  struct Said {
    std::string name;
    std::optional<Figure> cosine;            // of different people
    std::vector<double> cosines;             // a pair each; NaN where there is none
    std::optional<Verification> recognized;  // a clear photograph against other clear ones
  };
  std::vector<Said> opinions;
};

struct SetEvaluation {
  SubjectSet set;
  Yardstick yardstick;
  MethodFigures model;
  std::vector<MethodFigures> baselines;
  std::vector<DamageFigures> damages;  // of the model
  std::vector<BlocksFigures> by_blocks;
};

struct NamedMethod {
  std::string name;
  const Method* method;
};

struct EvaluationPlan {
  NamedMethod model;
  std::vector<NamedMethod> baselines;
  std::vector<Opinion> opinions;  // may be empty: no identity is measured
  std::size_t damaged = 50;       // subjects whose De-ID picture is damaged; 0: none
  std::vector<int> blocks{20, 16, 12, 10, 8, 6, 4, 2};
  std::size_t baseline_pictures = 8;  // subjects whose pictures of a baseline are kept, to be shown
  std::uint64_t seed = 1;
};

// How many pictures evaluate() will report done.
std::size_t work_of(const EvaluationPlan& plan, std::size_t subjects);

// done: called after so many more pictures. Throws std::invalid_argument for a set without a subject, and
// what the methods throw.
SetEvaluation evaluate(SubjectSet set, const EvaluationPlan& plan,
                       const std::function<void(std::size_t)>& done);

}  // namespace bauta
