// The ladder of attackers against one way of hiding faces, all against the same published pictures. Paper
// section 5.3, and the attackers that it leaves out.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cyclegan/attacks/attacker.h"
#include "cyclegan/attacks/hidden_channel.h"
#include "cyclegan/attacks/twins.h"
#include "nn/engine.h"

namespace bauta {

struct AttackFamily {
  const char* name;
  const char* what;  // a line
};

// From who has least to who has most, in the order of a report.
std::span<const AttackFamily> attack_families();

struct AttackPlan {
  Victim victim;
  std::vector<std::string> families;  // of attack_families()
  std::vector<Opinion> opinions;      // may be empty: no identity is measured
  std::int64_t steps = 1000;          // of each attacker's training, and of a forged one of full length
  std::vector<std::size_t> queries{100, 1000, 3000};
  int blocks = 20;                // across the judged faces
  std::vector<int> by_blocks;     // how coarse other mosaics are that the visible blocks' attackers are shown
  std::size_t kept_pictures = 6;  // subjects whose pictures are kept, to be shown
  std::uint64_t seed = 1;
};

// How well one attacker did.
struct AttackerFigures {
  AttackerCard card;
  // Against the clear pictures; nothing where only identity was guessed.
  std::optional<Figure> psnr, psnr_face, ssim;
  struct Said {
    std::string name;              // of the opinion
    std::optional<Figure> cosine;  // to the clear picture, eq. 6
    Recognition recognized;        // no hidden gallery: attackers have one of their own
  };
  std::vector<Said> opinions;
  std::vector<double> face_errors;  // mean squared, a subject each; grey levels
  std::vector<Image> pictures;      // of the first subjects

  // How often the last opinion links the person, at a FAR of 1 %; nothing where it could not be asked.
  std::optional<Figure> tar() const;
};

struct BlocksAttack {
  int blocks = 0;
  std::vector<AttackerFigures> attackers;
};

struct AttackFindings {
  SubjectSet set;
  std::size_t own_photographs = 0;
  std::vector<Image> published;  // of the first subjects
  // The victim's own Re-ID with the right key: what attackers are held against. Nothing where it has none.
  std::optional<AttackerFigures> restored;
  std::vector<AttackerFigures> attackers;
  std::vector<BlocksAttack> by_blocks;  // by falling number of blocks
  HiddenChannel channel;
  std::optional<Twins> twins;
  std::vector<std::string> notes;  // what was not tried, and why
};

// The best that the visible blocks alone give away (nothing where nobody tried), and those who did better:
// whose interval lies above the floor's in the face's PSNR, or in the last opinion's TAR at a FAR of 1 %.
struct AttackVerdict {
  std::optional<Figure> floor_psnr_face, floor_tar;
  std::vector<std::string> broken_by;
};
AttackVerdict verdict_of(const AttackFindings& findings);

class AttackStudy {
 public:
  // own: the attackers' photographs, none of them judged, of the judged ones' size. The engine and all that
  // the plan points to must outlive it. Throws std::invalid_argument for a set without a subject, and
  // CheckError for a family or a training that there is none of.
  AttackStudy(Engine& engine, SubjectSet judged, SubjectSet own, AttackPlan plan);
  ~AttackStudy();

  // Steps and pictures that run() will report done.
  std::int64_t work() const { return work_; }
  // done: called after so much more, with who is at work. Once. Throws what the victim throws.
  AttackFindings run(const std::function<void(std::int64_t, const std::string&)>& done);

 private:
  struct Assembly;
  std::unique_ptr<Assembly> assembly_;
  std::int64_t work_;
};

}  // namespace bauta
