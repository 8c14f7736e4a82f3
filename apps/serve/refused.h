// What the page's server answers instead of a picture.
#pragma once

#include <stdexcept>
#include <string>

namespace bauta {

// Told to whoever asked: what is wrong, what to do, and HTTP's number for it.
class Refused : public std::runtime_error {
 public:
  Refused(int status, const std::string& what_is_wrong, std::string what_to_do)
      : std::runtime_error(what_is_wrong), status_(status), what_to_do_(std::move(what_to_do)) {}

  int status() const { return status_; }
  const std::string& what_to_do() const { return what_to_do_; }

 private:
  int status_;
  std::string what_to_do_;
};

}  // namespace bauta
