// The baselines that are networks: two ways to share a secret.
//
//   password  in the manner of Gu et al. 2020, the paper's [29]: one network T for both directions, told
//             apart by a password p of 16 bits -1 and 1:  y = T(x, p),  x' = T(y, -p)
//   uunet     in the manner of Proenca 2022, the paper's [31]: a public network that hides and a private one
//             that restores:  y = A(x),  x' = B(y)
//
// Both are small here (unet.h), and change the face box alone; theirs were taught for days on a card, with
// perceptual and attribute losses besides. baselines/teacher.h says what ours are taught.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "cyclegan/baselines/unet.h"
#include "cyclegan/evaluation/method.h"

namespace bauta {

enum class LearnedKind { Password, UUNet };

// "password", "uunet". The inverse throws CheckError naming the ones there are.
std::string to_string(LearnedKind kind);
LearnedKind learned_kind(const std::string& name);

class LearnedNetworks {
 public:
  static constexpr int kPasswordBits = 16;

  LearnedNetworks(Engine& engine, LearnedKind kind, int ngf);

  // x, y, result: (N,H,W,3) in [-1, 1], of the sizes that UNet takes; outside the boxes, one a picture, the
  // result is the input's own. password: as make_password gives it; for uunet it may be nothing.
  Tensor hide(const Tensor& x, const Tensor& password, const Boxes& boxes) const;
  Tensor restore(const Tensor& y, const Tensor& password, const Boxes& boxes) const;

  void initialize(std::uint64_t seed, std::uint64_t first_stream) const;
  LearnedKind kind() const { return kind_; }
  int ngf() const { return ngf_; }
  const Parameters& parameters() const { return parameters_; }

 private:
  LearnedKind kind_;
  int ngf_;
  UNet hiding_;     // T or A
  UNet restoring_;  // B; for password it is not used
  Parameters parameters_;
};

// (1,1,1,kPasswordBits) of -1 and 1, drawn from the stream.
Tensor make_password(Engine& engine, const RandomStream& stream);

// provenance: for __metadata__ (steps, data, seed, commit). Replaces what is there. Throws FileError.
void save_learned(const std::filesystem::path& path, const LearnedNetworks& networks,
                  const std::map<std::string, std::string>& provenance);

// The networks of a file as a method, on pictures of any size. The engine must outlive it; calls take turns.
// Throws FileError when the file is not one of save_learned's, or is of another kind.
std::unique_ptr<Method> load_learned(Engine& engine, LearnedKind kind, const std::filesystem::path& path);
// The same for networks at hand, which must outlive it.
std::unique_ptr<Method> learned_method(Engine& engine, const LearnedNetworks& networks);

}  // namespace bauta
