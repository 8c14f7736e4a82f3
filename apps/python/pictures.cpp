#include <pybind11/stl.h>

#include <array>
#include <exception>
#include <filesystem>
#include <vector>

#include "binding.h"

namespace bauta_python {
namespace {

using namespace py::literals;
using Box = std::array<int, 4>;

// A picture's pixels as bauta.h wants them: the array's own where its rows allow it, or else a copy.
struct Input {
  explicit Input(const py::array& given) : array(given) {
    if (!py::isinstance<py::array_t<std::uint8_t>>(given) || given.ndim() != 3 || given.shape(2) != 3)
      throw py::value_error("a picture is an array of uint8 with the shape (height, width, 3)");
    constexpr py::ssize_t kMost = std::numeric_limits<int32_t>::max();
    if (given.shape(0) > kMost || given.shape(1) > kMost) throw py::value_error("the picture is too large");
    if (!has_rows(given)) array = py::array_t<std::uint8_t, py::array::c_style>::ensure(given);
    if (!array) throw py::error_already_set();
    picture.pixels = static_cast<const std::uint8_t*>(array.data());
    picture.height = static_cast<int32_t>(array.shape(0));
    picture.width = static_cast<int32_t>(array.shape(1));
    picture.stride = picture.height > 1 ? static_cast<std::size_t>(array.strides(0)) : 0;
  }

  // Whether each row's bytes lie side by side, and the rows one after another.
  static bool has_rows(const py::array& array) {
    const py::ssize_t row = 3 * array.shape(1);
    return array.strides(2) == 1 && (array.shape(1) <= 1 || array.strides(1) == 3) &&
           (array.shape(0) <= 1 || array.strides(0) >= row);
  }

  py::array array;
  bauta_picture picture{};
};

// Where the result goes: the caller's array, or a new one.
struct Output {
  Output(const py::object& given, const Input& in) {
    const std::array<py::ssize_t, 3> shape{in.picture.height, in.picture.width, 3};
    if (given.is_none()) {
      array = py::array_t<std::uint8_t>(shape);
    } else {
      if (!py::isinstance<py::array_t<std::uint8_t>>(given))
        throw py::value_error("out is an array of uint8 with the picture's shape");
      array = py::reinterpret_borrow<py::array>(given);
      if (array.ndim() != 3 || !std::equal(shape.begin(), shape.end(), array.shape()) || !array.writeable() ||
          !Input::has_rows(array))
        throw py::value_error(
            "out is a writable array of the picture's shape whose rows are not taken apart");
    }
    pixels = static_cast<std::uint8_t*>(array.mutable_data());
    stride = shape[0] > 1 ? static_cast<std::size_t>(array.strides(0)) : 0;
  }

  py::array array;
  std::uint8_t* pixels = nullptr;
  std::size_t stride = 0;
};

// The caller's function, called with the GIL; what it raises ends the work and is raised again. Without one,
// Ctrl-C still does.
struct Progress {
  py::object function;
  std::exception_ptr raised = nullptr;

  static int32_t call(void* user, std::size_t done, std::size_t of) {
    auto& self = *static_cast<Progress*>(user);
    const py::gil_scoped_acquire acquired;
    try {
      if (PyErr_CheckSignals() != 0) throw py::error_already_set();
      if (!self.function.is_none()) self.function(done, of);
      return 0;
    } catch (...) {
      self.raised = std::current_exception();
      return 1;
    }
  }
};

using Result = std::unique_ptr<bauta_result, Free>;

// Calls without the GIL.
template <class Call>
Result result_of(const Call& call, Progress* progress = nullptr) {
  bauta_result* made = nullptr;
  bauta_status status = BAUTA_OK;
  {
    const py::gil_scoped_release released;
    status = call(&made);
  }
  Result result(made);
  if (progress && progress->raised) std::rethrow_exception(progress->raised);
  check(status);
  return result;
}

std::vector<bauta_region> regions_of(const Result& result) {
  std::vector<bauta_region> regions(bauta_result_count(result.get()), bauta_region BAUTA_REGION_INIT);
  for (std::size_t i = 0; i < regions.size(); ++i) check(bauta_result_region(result.get(), i, &regions[i]));
  return regions;
}

// Whether the models that came along, which nobody has named, are without YuNet.
bool are_without_yunet(const Path& models) {
  std::error_code error;
  return models &&
         !std::filesystem::exists(std::filesystem::path(*models) / "fetched/yunet.safetensors", error);
}

std::unique_ptr<Detector> load_detector(const std::string& kind, int smallest, float score, int threads,
                                        const py::object& models, const py::object& cascade) {
  const Path all = models_from(models), xml = path_from(cascade);
  bauta_detector_options options = BAUTA_DETECTOR_OPTIONS_INIT;
  options.kind = choice(kind, {"auto", "yunet", "haar"}, "kind");
  if (options.kind == BAUTA_DETECTOR_AUTO && models.is_none() && are_without_yunet(all))
    options.kind = BAUTA_DETECTOR_HAAR;
  options.smallest = smallest;
  options.score = score;
  options.threads = threads;
  options.models = all ? all->c_str() : nullptr;
  options.cascade = xml ? xml->c_str() : nullptr;
  bauta_detector* detector = nullptr;
  check(bauta_detector_load(&options, &detector));
  auto made = std::make_unique<Detector>();
  made->handle.reset(detector);
  return made;
}

std::vector<bauta_region> find_faces(const Detector& detector, const py::array& picture) {
  const Input in(picture);
  return regions_of(result_of(
      [&](bauta_result** made) { return bauta_find_faces(detector.handle.get(), &in.picture, made); }));
}

py::object named_tuple(const char* name, const py::tuple& values) {
  return py::module_::import("bauta._bauta").attr(name)(*values);
}

py::object deidentify(const py::array& picture, const std::string& mode, const Model* model,
                      const Detector* detector, const std::optional<std::vector<Box>>& boxes, const Key* key,
                      const std::vector<const Key*>& recipients, int blocks, const std::string& cover,
                      const std::string& code, int residual_levels, const py::object& identity_check,
                      const py::object& out, const py::object& progress) {
  const Input in(picture);
  const Output target(out, in);
  bauta_deid_options options = BAUTA_DEID_OPTIONS_INIT;
  options.mode = 1 + choice(mode, {"open", "one-way", "keyed"}, "mode");
  options.blocks = blocks;
  options.cover = choice(cover, {"blocks", "fill"}, "cover");
  options.code = choice(code, {"exact", "companded", "network"}, "code");
  options.residual_levels = residual_levels;
  options.checker = checker_from(identity_check);
  options.key = key ? key->handle.get() : nullptr;
  std::vector<const bauta_key*> open;
  for (const Key* recipient : recipients) open.push_back(recipient ? recipient->handle.get() : nullptr);
  options.recipients = open.data();
  options.recipient_count = open.size();
  std::vector<bauta_box> own;
  if (boxes) {
    for (const auto& [x, y, width, height] : *boxes) own.push_back({x, y, width, height});
    own.reserve(1);  // so that a list of none is still a list
    options.boxes = own.data();
    options.box_count = own.size();
  }
  Progress reporting{progress};
  options.progress = Progress::call;
  options.user = &reporting;
  const Result result = result_of(
      [&](bauta_result** made) {
        return bauta_deidentify(model ? model->handle.get() : nullptr,
                                detector ? detector->handle.get() : nullptr, &options, &in.picture,
                                target.pixels, target.stride, made);
      },
      &reporting);
  return named_tuple("Deidentified",
                     py::make_tuple(target.array, bauta_result_record(result.get()), regions_of(result)));
}

py::object restore(const py::array& picture, const std::optional<std::string>& record, const Model* model,
                   const Key* key, bool force_damaged, const py::object& out, const py::object& progress) {
  const Input in(picture);
  const Output target(out, in);
  bauta_restore_options options = BAUTA_RESTORE_OPTIONS_INIT;
  options.key = key ? key->handle.get() : nullptr;
  options.force_damaged = force_damaged ? 1 : 0;
  Progress reporting{progress};
  options.progress = Progress::call;
  options.user = &reporting;
  const Result result = result_of(
      [&](bauta_result** made) {
        return bauta_restore(model ? model->handle.get() : nullptr, &options, &in.picture,
                             record ? record->c_str() : nullptr, target.pixels, target.stride, made);
      },
      &reporting);
  return named_tuple("Restored", py::make_tuple(target.array, regions_of(result)));
}

const char* fidelity_of(const bauta_region& region) {
  constexpr const char* kWords[] = {"not at all", "nearly", "exactly", "damaged"};
  return kWords[region.fidelity];
}

const char* written_of(const bauta_region& region) {
  constexpr const char* kWords[] = {"as asked", "plain mosaic", "coarser mosaic"};
  return kWords[region.written];
}

const char* identity_of(const bauta_region& region) {
  constexpr const char* kWords[] = {"unchecked", "not compared", "not recognized", "recognized"};
  return kWords[region.identity];
}

std::optional<float> likeness_of(const bauta_region& region) {
  if (region.identity < BAUTA_IDENTITY_NOT_RECOGNIZED) return {};
  return region.likeness;
}

}  // namespace

void add_pictures(py::module_& module) {
  py::class_<bauta_region>(module, "Region", "A face's place in a picture, in its pixels.")
      .def_property_readonly(
          "box",
          [](const bauta_region& region) {
            return py::make_tuple(region.box.x, region.box.y, region.box.width, region.box.height);
          },
          "x, y, width, height.")
      .def_readonly("block", &bauta_region::block,
                    "Side of its visible blocks; 0 of a face that was only found.")
      .def_readonly("k", &bauta_region::k,
                    "Open: side of what the network takes for one pixel; keyed: the residual's levels.")
      .def_property_readonly("fidelity", fidelity_of,
                             "How it can come back, or did: not at all, nearly, exactly, damaged.")
      .def_readonly("score", &bauta_region::score, "How sure YuNet is of a face that it found, 0 to 1.")
      .def_property_readonly("written", written_of,
                             "What deidentify wrote of it: as asked, plain mosaic (the network left it "
                             "recognizable), coarser mosaic (it was still recognized).")
      .def_property_readonly(
          "identity", identity_of,
          "Whether it is still recognized: unchecked, not compared (no face was found in its "
          "box), not recognized, recognized (through the blocks asked for).")
      .def_property_readonly(
          "likeness", likeness_of,
          "How alike the face is before and after, -1 to 1; None where it was not compared.")
      .def("__repr__", [](const bauta_region& region) {
        return "<bauta.Region " + std::to_string(region.box.width) + " x " +
               std::to_string(region.box.height) + " at (" + std::to_string(region.box.x) + ", " +
               std::to_string(region.box.y) + ")>";
      });

  py::class_<Detector>(module, "Detector",
                       "Finds faces: YuNet where its weights are, or else, where no models are named, a Haar "
                       "cascade, which knows faces from the front alone; kind tells which.")
      .def(py::init(&load_detector), "kind"_a = "auto", py::kw_only(), "smallest"_a = 0, "score"_a = 0.0f,
           "threads"_a = 0, "models"_a = py::none(), "cascade"_a = py::none(),
           "smallest: side of the smallest face looked for, pixels (0: 40, and what is seen down to 20). "
           "score: how sure YuNet must be (0: "
           "0.6).")
      .def_property_readonly(
          "kind",
          [](const Detector& detector) {
            return bauta_detector_kind(detector.handle.get()) == BAUTA_DETECTOR_YUNET ? "yunet" : "haar";
          })
      .def("find", find_faces, "picture"_a, "The picture's faces, largest first.");

  const py::object named = py::module_::import("collections").attr("namedtuple");
  for (const auto& [name, fields] :
       {std::pair{"Deidentified", "picture record regions"}, std::pair{"Restored", "picture regions"}})
    module.attr(name) = named(name, fields, "module"_a = "bauta");

  module.def(
      "deidentify", deidentify, "picture"_a, "mode"_a, py::kw_only(), "model"_a = nullptr,
      "detector"_a = nullptr, "boxes"_a = py::none(), "key"_a = nullptr,
      "recipients"_a = std::vector<const Key*>{}, "blocks"_a = 0, "cover"_a = "blocks", "code"_a = "exact",
      "residual_levels"_a = 0, "identity_check"_a = py::none(), "out"_a = py::none(),
      "progress"_a = py::none(),
      "Hides the faces that the detector finds, or those in boxes: \"open\" by a model, \"keyed\" under a "
      "key, \"one-way\" for good. identity_check: a Checker looks whether faces are still recognized, and "
      "they get "
      "fewer blocks where they are; True: one that all calls share, False: none, None: that one where its "
      "networks "
      "are there. out may be the picture itself. progress(done, of) is called for each face; what it raises "
      "ends the "
      "work. Raises NoFace where there is none, NotHidden where nothing helps.");
  module.def("restore", restore, "picture"_a, "record"_a = py::none(), py::kw_only(), "model"_a = nullptr,
             "key"_a = nullptr, "force_damaged"_a = false, "out"_a = py::none(), "progress"_a = py::none(),
             "Puts the faces back by the model or the key. record: what deidentify returned; a keyed picture "
             "without one is searched.");
}

}  // namespace bauta_python
