// Which plans were the quickest, remembered from run to run: one file a card and version of cuDNN, a line a
// problem, for people to read and delete.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>

#include "kernels/cudnn_plans.h"

namespace bauta::cudnn {

struct RememberedPlan {
  PlanChoice choice;
  double seconds = 0;
  std::size_t workspace = 0;  // bytes

  bool operator==(const RememberedPlan&) const = default;
};

// Nothing here throws for the file's sake: one that cannot be read, is damaged or another card's is as if it
// were not there, and one that cannot be written is not.
class PlanFile {
 public:
  // In the folder BAUTA_CACHE_DIR names, else XDG_CACHE_HOME/bauta, else HOME/.cache/bauta.
  PlanFile(const std::string& card, std::size_t version);

  // Reads the file each time, so that contexts and programs side by side learn from each other.
  std::optional<RememberedPlan> find(const PlanKey& key) const;
  void remember(const PlanKey& key, const RememberedPlan& plan) const;

  const std::string& path() const { return path_; }  // empty: no folder is known

 private:
  std::map<std::string, RememberedPlan> read() const;  // by the key's text

  std::string path_, title_;
};

}  // namespace bauta::cudnn
