#include "kernels/loaded_library.h"

#include <dlfcn.h>

namespace bauta {

LoadedLibrary::LoadedLibrary(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    library_ = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library_) {
      problem_.clear();
      return;
    }
    problem_ = dlerror();
  }
}

void* LoadedLibrary::address_of(const char* name) {
  if (!library_) return nullptr;
  void* const address = dlsym(library_, name);
  if (!address) problem_ = dlerror();
  return address;
}

}  // namespace bauta
