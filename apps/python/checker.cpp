#include "binding.h"

namespace bauta_python {
namespace {

using namespace py::literals;

std::unique_ptr<Checker> load_checker(int threads, const py::object& models) {
  const Path all = models_from(models);
  bauta_checker_options options = BAUTA_CHECKER_OPTIONS_INIT;
  options.threads = threads;
  options.models = all ? all->c_str() : nullptr;
  bauta_checker* checker = nullptr;
  check(bauta_checker_load(&options, &checker));
  auto made = std::make_unique<Checker>();
  made->handle.reset(checker);
  return made;
}

bool is_available(const py::object& models) {
  const Path all = models_from(models);
  bauta_checker_options options = BAUTA_CHECKER_OPTIONS_INIT;
  options.models = all ? all->c_str() : nullptr;
  return bauta_checker_is_available(&options) != 0;
}

// Loaded by the first call that wants it, with the GIL held, and left to the end of the process: a call may
// still be under way when the interpreter ends.
const bauta_checker* shared_checker() {
  static const Checker* shared = nullptr;
  if (!shared) shared = load_checker(0, py::none()).release();
  return shared->handle.get();
}

}  // namespace

const bauta_checker* checker_from(const py::object& identity_check) {
  if (identity_check.is_none()) return is_available(py::none()) ? shared_checker() : nullptr;
  if (py::isinstance<py::bool_>(identity_check))
    return identity_check.cast<bool>() ? shared_checker() : nullptr;
  if (py::isinstance<Checker>(identity_check)) return identity_check.cast<const Checker&>().handle.get();
  throw py::type_error("identity_check is a bool, a Checker or None");
}

void add_checker(py::module_& module) {
  py::class_<Checker>(
      module, "Checker",
      "A face recognizer that looks whether faces are still recognized: SFace, where YuNet finds a "
      "face. Takes 120 MB.")
      .def(py::init(&load_checker), py::kw_only(), "threads"_a = 0, "models"_a = py::none(),
           "threads: for one picture (0: every core). models: the folder with its networks.")
      .def_static("is_available", is_available, "models"_a = py::none(), "Whether its networks are there.");
}

}  // namespace bauta_python
