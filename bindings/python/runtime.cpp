#include "handle.hpp"
#include "module.hpp"
#include "options.hpp"
#include "text.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

/// Runs Python's signal handlers while a call waits, so that Ctrl-C ends it. They run on the main
/// thread only. Others must not ask for the lock here: an interpreter that is about to end does not
/// give it to them any more.
std::function<void()> signal_check() {
  const auto main_thread =
      py::module_::import("threading").attr("main_thread")().attr("ident").cast<unsigned long>();
  return [main_thread] {
    if (PyThread_get_thread_ident() != main_thread) return;
    py::gil_scoped_acquire locked;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  };
}

Runtime open(std::filesystem::path root, std::filesystem::path run_root) {
  RuntimeOptions options{.root = std::move(root), .run_root = std::move(run_root)};
  options.on_wait = signal_check();
  py::gil_scoped_release unlocked;
  return Runtime(options);
}

Completed run(Runtime& runtime, const Image& image, const py::kwargs& given) {
  const ContainerOptions options = container_options(given);
  py::gil_scoped_release unlocked;
  return runtime.run(image, options);
}

/// start() or create().
auto owner_from(Container (Runtime::*member)(const Image&, const ContainerOptions&)) {
  return [member](Runtime& runtime, const Image& image, const py::kwargs& given) {
    const ContainerOptions options = container_options(given);
    py::gil_scoped_release unlocked;
    return Handle((runtime.*member)(image, options), true);
  };
}

std::optional<Handle> find(const Runtime& runtime, const std::string& name_or_id) {
  std::optional<Container> found = runtime.find(name_or_id);
  if (!found) return {};
  return Handle(std::move(*found), false);
}

Handle restore(Runtime& runtime, const std::filesystem::path& directory, std::string name,
               std::filesystem::path criu) {
  const RestoreOptions options{.name = std::move(name), .criu = std::move(criu)};
  py::gil_scoped_release unlocked;
  return Handle(runtime.restore(directory, options), true);
}

py::str plan(const Runtime& runtime, const Image& image, const py::kwargs& given) {
  const ContainerOptions options = container_options(given);
  std::string steps;
  {
    py::gil_scoped_release unlocked;
    steps = runtime.plan(image, options);
  }
  return text(steps);
}

LoadOptions load_options(std::string platform, std::string tag) {
  return {.platform = std::move(platform), .tag = std::move(tag)};
}

Image import(Runtime& runtime, const std::filesystem::path& rootfs, const py::kwargs& given) {
  const ImportOptions options = import_options(given);
  py::gil_scoped_release unlocked;
  return runtime.import(rootfs, options);
}

}  // namespace

void bind_runtime(py::module_& module) {
  constexpr const char* options = "Options: those of ContainerOptions, as keywords.";
  py::class_<Runtime, std::unique_ptr<Runtime, DeleteUnlocked>>(module, "Runtime")
      .def(py::init(&open), py::kw_only(), py::arg("root") = std::filesystem::path(),
           py::arg("run_root") = std::filesystem::path())
      .def(
          "load",
          [](Runtime& runtime, const std::filesystem::path& path, std::string platform,
             std::string tag) {
            return runtime.load(path, load_options(std::move(platform), std::move(tag)));
          },
          py::arg("path"), py::kw_only(), py::arg("platform") = "", py::arg("tag") = "", Unlocked())
      .def(
          "load_all",
          [](Runtime& runtime, const std::filesystem::path& path, std::string platform,
             std::string tag) {
            return runtime.load_all(path, load_options(std::move(platform), std::move(tag)));
          },
          py::arg("path"), py::kw_only(), py::arg("platform") = "", py::arg("tag") = "", Unlocked())
      .def("import_rootfs", &import, py::arg("rootfs"),
           "Runtime::import(); options: those of ImportOptions, as keywords.")
      .def("image", &Runtime::image, py::arg("reference"), Unlocked())
      .def("images", &Runtime::images, Unlocked())
      .def("tag", &Runtime::tag, py::arg("image"), py::arg("name"), Unlocked())
      .def("remove_image", &Runtime::remove_image, py::arg("reference"), py::arg("force") = false,
           Unlocked())
      .def("run", &run, py::arg("image"), options)
      .def("start", owner_from(&Runtime::start), py::arg("image"), options)
      .def("create", owner_from(&Runtime::create), py::arg("image"), options)
      .def("restore", &restore, py::arg("directory"), py::kw_only(), py::arg("name") = "",
           py::arg("criu") = "",
           "A container that goes on where Container.checkpoint() has written it.")
      .def("plan", &plan, py::arg("image"), options)
      .def("find", &find, py::arg("name_or_id"), Unlocked())
      .def("containers", &Runtime::containers, Unlocked())
      .def("info", &Runtime::info, Unlocked());
}

}  // namespace containerlib::python
