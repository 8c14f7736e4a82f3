// A De-ID and a Re-ID network as a method to be judged. Paper section 3.1.
#pragma once

#include "cyclegan/anonymizer/translate.h"
#include "cyclegan/evaluation/method.h"

namespace bauta {

class NetworkPair final : public Method {
 public:
  // F may be nothing: then it is not reversible.
  NetworkPair(FaceNetwork G, FaceNetwork F) : G_(std::move(G)), F_(std::move(F)) {}

  Image hide(const FacePicture& clear) const override { return G_(*clear.picture, clear.face); }
  bool reversible() const override { return static_cast<bool>(F_); }
  Image restore(const FacePicture& hidden, Key) const override { return F_(*hidden.picture, hidden.face); }

 private:
  FaceNetwork G_, F_;
};

}  // namespace bauta
