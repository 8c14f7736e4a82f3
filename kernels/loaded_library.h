// A library that is loaded when it is first wanted, so that the program starts, and says what is missing,
// where it is not there.
#pragma once

#include <initializer_list>
#include <string>

namespace bauta {

// Stays loaded until the program ends: what was found in it is called until then.
class LoadedLibrary {
 public:
  // The first of these files, or names that the loader knows, that can be loaded.
  explicit LoadedLibrary(std::initializer_list<const char*> names);

  // Whether the library is there and has a function of that name.
  template <class Function>
  bool find(const char* name, Function& function) {
    function = reinterpret_cast<Function>(address_of(name));
    return function != nullptr;
  }
  // In the loader's words, of what was wanted last and is not there; empty while all was.
  const std::string& problem() const { return problem_; }

 private:
  void* address_of(const char* name);

  void* library_ = nullptr;
  std::string problem_;
};

}  // namespace bauta
