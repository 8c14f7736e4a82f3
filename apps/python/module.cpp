// bauta._bauta: bauta.h for Python.
#include "binding.h"

PYBIND11_MODULE(_bauta, module) {
  module.attr("__version__") = bauta_version();
  bauta_python::add_handles(module);
  bauta_python::add_checker(module);
  bauta_python::add_pictures(module);
}
