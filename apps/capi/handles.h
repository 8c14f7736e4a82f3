// What the handles of bauta.h are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "apps/capi/bauta.h"
#include "cyclegan/anonymizer/checked_hider.h"
#include "cyclegan/faces/face_search.h"
#include "io/opener.h"

struct bauta_key {
  std::variant<bauta::SecretKey, bauta::Passphrase, bauta::PrivateKey, bauta::PublicKey> key;
};

struct bauta_model {
  std::unique_ptr<bauta::OpenedNetwork> deid, reid;  // null where the folder has none
  std::unique_ptr<bauta::KeyedNetworks> code;        // instead of both, of a pair of the keyed channel
  std::string why_no_reid;                           // "FILE: what is wrong; what to do"
  bool was_named = false;                            // by its folder
};

struct bauta_detector {
  bauta::FaceSearch search;
  int threads;  // 0: every core
};

struct bauta_checker {
  std::unique_ptr<bauta::IdentityCheck> identity;
  int threads;  // 0: every core
};

struct bauta_result {
  std::vector<bauta_region> regions;
  int32_t mode = 0;
  std::string record;
};
