#include "cyclegan/baselines/table3.h"

#include <array>

namespace bauta {

// Section 5.4: "[27,28,29,30,31], and our method provide reversibility"; "[29,30,31], and our approach
// utilize deep learning-based techniques"; "unlike [29, 30], and [31], our approach embraces a global
// anonymity strategy". Section 2 counts [23] to [26] among those "based on deep neural networks", and as
// irreversible.
std::span<const ComparedMethod> table3() {
  using enum Said;
  constexpr auto kNobodySays = AnonymityStrategy::NotSaid;
  static constexpr std::array kMethods{
      ComparedMethod{23, "Meden et al. 2017", "surrogate faces of several identities, by generative networks",
                     No, Yes, kNobodySays},
      ComparedMethod{24, "Sun et al. 2018", "identity replaced in a parametric face model, refined by a GAN",
                     No, Yes, kNobodySays},
      ComparedMethod{25, "Li & Lyu 2019", "non-identity attributes transferred to a donor's face", No, Yes,
                     kNobodySays},
      ComparedMethod{26, "Hukkelas et al. 2019 (DeepPrivacy)", "a face generated into the region left out",
                     No, Yes, kNobodySays},
      ComparedMethod{27, "Cichowski & Czyzewski 2011", "pixels of the region of interest permuted", Yes, No,
                     kNobodySays},
      ComparedMethod{28, "Yamac et al. 2019", "multi-level encryption and compressive sensing", Yes, No,
                     kNobodySays},
      ComparedMethod{29, "Gu et al. 2020", "face identity transformer, conditioned by a password", Yes, Yes,
                     AnonymityStrategy::Partial},
      ComparedMethod{30, "Cao et al. 2021", "a password sets direction and degree of the identity's change",
                     Yes, Yes, AnonymityStrategy::Partial},
      ComparedMethod{31, "Proenca 2022 (UU-Net)", "a public network de-identifies, a private one restores",
                     Yes, Yes, AnonymityStrategy::Partial},
      ComparedMethod{0, "Xu et al. 2024", "CycleGAN: De-ID pixelates the face, Re-ID restores it", Yes, Yes,
                     AnonymityStrategy::Global},
  };
  return kMethods;
}

}  // namespace bauta
