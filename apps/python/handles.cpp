#include "binding.h"

namespace bauta_python {
namespace {

std::string& default_models() {
  static std::string folder;
  return folder;
}

[[noreturn]] void raise(const char* name, const std::string& message) {
  const py::object error = py::module_::import("bauta._errors").attr(name);
  PyErr_SetString(error.ptr(), message.c_str());
  throw py::error_already_set();
}

const char* error_of(bauta_status status) {
  switch (status) {
    case BAUTA_INVALID_ARGUMENT:
    case BAUTA_BUFFER_TOO_SMALL:
      return "InvalidArgument";
    case BAUTA_FILE:
      return "FileProblem";
    case BAUTA_NO_FACE:
      return "NoFace";
    case BAUTA_CANNOT_OPEN:
      return "CannotOpen";
    case BAUTA_NOT_RESTORABLE:
      return "NotRestorable";
    case BAUTA_NO_MEMORY:
      return "OutOfMemory";
    case BAUTA_NO_DEVICE:
      return "NoDevice";
    case BAUTA_NOT_HIDDEN:
      return "NotHidden";
    default:
      return "Error";
  }
}

template <class Make>
Key made_key(const Make& make) {
  bauta_key* key = nullptr;
  check(make(&key));
  Key made;
  made.handle.reset(key);
  return made;
}

Key key_from_passphrase(const py::object& passphrase) {
  if (!py::isinstance<py::str>(passphrase) && !py::isinstance<py::bytes>(passphrase))
    throw py::type_error("a passphrase is str or bytes");
  const auto text = passphrase.cast<std::string>();  // str as UTF-8
  return made_key([&](bauta_key** key) { return bauta_key_from_passphrase(text.data(), text.size(), key); });
}

std::string text_of(const Key& key) {
  char text[BAUTA_KEY_TEXT_SIZE];
  check(bauta_key_text(key.handle.get(), text, sizeof text));
  return text;
}

std::string fingerprint_of(const Key& key) {
  char text[BAUTA_FINGERPRINT_SIZE];
  check(bauta_key_fingerprint(key.handle.get(), text, sizeof text));
  return text;
}

const char* kind_of(const Key& key) {
  constexpr const char* kKinds[] = {"", "secret", "passphrase", "private", "public"};
  return kKinds[bauta_key_kind(key.handle.get())];
}

std::unique_ptr<Model> load_model(const py::object& folder, const py::object& models, const Key* key,
                                  const std::string& device, int threads) {
  const Path model_folder = path_from(folder), all = models_from(models);
  bauta_model_options options = BAUTA_MODEL_OPTIONS_INIT;
  options.folder = model_folder ? model_folder->c_str() : nullptr;
  options.models = all ? all->c_str() : nullptr;
  options.key = key ? key->handle.get() : nullptr;
  options.device = choice(device, {"auto", "cpu", "cuda"}, "device");
  options.threads = threads;
  bauta_model* model = nullptr;
  bauta_status status = BAUTA_OK;
  {
    const py::gil_scoped_release released;
    status = bauta_model_load(&options, &model);
  }
  check(status);
  auto made = std::make_unique<Model>();
  made->handle.reset(model);
  return made;
}

}  // namespace

Path path_from(const py::object& path) {
  if (path.is_none()) return {};
  return py::module_::import("os").attr("fsencode")(path).cast<std::string>();
}

Path models_from(const py::object& path) {
  if (!path.is_none() || default_models().empty()) return path_from(path);
  return default_models();
}

void check(bauta_status status) {
  if (status != BAUTA_OK) raise(error_of(status), bauta_last_error());
}

int32_t choice(const std::string& word, std::initializer_list<const char*> words, const char* what) {
  int32_t number = 0;
  std::string all;
  for (const char* known : words) {
    if (word == known) return number;
    if (number++ > 0) all += ", ";
    all += known;
  }
  raise("InvalidArgument", std::string(what) + " is \"" + word + "\"; take one of " + all);
}

void add_handles(py::module_& module) {
  using namespace py::literals;
  module.def("_set_models", [](std::string folder) { default_models() = std::move(folder); });
  py::class_<Key>(module, "Key", "What hides and restores: a secret key, a passphrase, a recipient's keys.")
      .def_static(
          "generate", [] { return made_key(bauta_key_generate); }, "A new secret key.")
      .def_static(
          "generate_private", [] { return made_key(bauta_key_generate_private); },
          "A new private key of a recipient.")
      .def_static(
          "from_text",
          [](const std::string& text) {
            return made_key([&](bauta_key** key) { return bauta_key_from_text(text.c_str(), key); });
          },
          "text"_a, "The key in a line as bauta keygen writes it.")
      .def_static(
          "from_file",
          [](const py::object& path) {
            const std::string name = path_from(path).value_or("");
            return made_key([&](bauta_key** key) { return bauta_key_from_file(name.c_str(), key); });
          },
          "path"_a, "The key in a file, which must be its owner's alone if it is secret.")
      .def_static("from_passphrase", key_from_passphrase, "passphrase"_a,
                  "Takes half a second and 256 MiB each time it is used.")
      .def(
          "public",
          [](const Key& own) {
            return made_key([&](bauta_key** key) { return bauta_key_public(own.handle.get(), key); });
          },
          "The public key of a private one, for those who hide something for its owner.")
      .def("text", text_of, "The key as a line of text. Secret, unless the key is public.")
      .def(
          "write",
          [](const Key& key, const py::object& path, bool overwrite) {
            check(bauta_key_write_file(key.handle.get(), path_from(path).value_or("").c_str(),
                                       overwrite ? 1 : 0));
          },
          "path"_a, "overwrite"_a = false, "Writes a key file; of a private key also PATH.pub.")
      .def_property_readonly("fingerprint", fingerprint_of, "For telling keys apart; not secret.")
      .def_property_readonly("kind", kind_of, "secret, passphrase, private or public.")
      .def("__repr__", [](const Key& key) { return "<bauta.Key, " + std::string(kind_of(key)) + ">"; });

  py::class_<Model>(module, "Model", "A De-ID network, a Re-ID network, or both.")
      .def(py::init(&load_model), "folder"_a = py::none(), py::kw_only(), "models"_a = py::none(),
           "key"_a = nullptr, "device"_a = "auto", "threads"_a = 0,
           "folder: of deid.safetensors, reid.safetensors or reid.locked (which key opens); None: the model "
           "that comes along, in the folder models.")
      .def_property_readonly(
          "can_deidentify",
          [](const Model& model) { return bauta_model_can_deidentify(model.handle.get()) != 0; })
      .def_property_readonly(
          "can_restore", [](const Model& model) { return bauta_model_can_restore(model.handle.get()) != 0; });
}

}  // namespace bauta_python
