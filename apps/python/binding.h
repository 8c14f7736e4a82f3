// The Python module's handles, on bauta.h.
#pragma once

#include <bauta.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <memory>
#include <optional>
#include <string>

namespace bauta_python {

namespace py = pybind11;

struct Free {
  void operator()(bauta_key* key) const { bauta_key_free(key); }
  void operator()(bauta_model* model) const { bauta_model_free(model); }
  void operator()(bauta_detector* detector) const { bauta_detector_free(detector); }
  void operator()(bauta_checker* checker) const { bauta_checker_free(checker); }
  void operator()(bauta_result* result) const { bauta_result_free(result); }
};

struct Key {
  std::unique_ptr<bauta_key, Free> handle;
};
struct Model {
  std::unique_ptr<bauta_model, Free> handle;
};
struct Detector {
  std::unique_ptr<bauta_detector, Free> handle;
};
struct Checker {
  std::unique_ptr<bauta_checker, Free> handle;
};

using Path = std::optional<std::string>;

// None, str or os.PathLike.
Path path_from(const py::object& path);
// The folder of models that a call means, which may name none.
Path models_from(const py::object& path);

// Throws the Python exception of a status that is not BAUTA_OK, with bauta_last_error().
void check(bauta_status status);

// The number of a word among words; throws InvalidArgument, naming `what`.
int32_t choice(const std::string& word, std::initializer_list<const char*> words, const char* what);

// What `identity_check` means: a Checker, none for False, and for True and, where its networks are there,
// None one that all such calls share. Null: none. Throws TypeError.
const bauta_checker* checker_from(const py::object& identity_check);

void add_handles(py::module_& module);   // Key, Model
void add_checker(py::module_& module);   // Checker
void add_pictures(py::module_& module);  // Region, Detector, deidentify, restore

}  // namespace bauta_python
