#include "module.hpp"
#include "options.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

/// Killing and removing takes a moment: let other threads run.
struct DeleteUnlocked {
  void operator()(Container* container) const {
    py::gil_scoped_release unlocked;
    delete container;
  }
};

}  // namespace

void bind_containers(py::module_& module) {
  py::class_<LogReader>(module, "LogReader")
      .def("__iter__", [](LogReader& reader) -> LogReader& { return reader; })
      .def("__next__", [](LogReader& reader) {
        LogLine line;
        {
          py::gil_scoped_release unlocked;
          if (reader.next(line)) return line;
        }
        throw py::stop_iteration();
      });

  py::class_<Container, std::unique_ptr<Container, DeleteUnlocked>>(
      module, "Container", "Owned: goes away with the object, or at the end of a with block.")
      .def_property_readonly("id", &Container::id)
      .def_property_readonly("name", &Container::name)
      .def("inspect", &Container::inspect, Unlocked())
      .def("start", &Container::start, Unlocked())
      .def("wait", &Container::wait, Unlocked())
      .def("wait_for", &Container::wait_for, py::arg("timeout"), Unlocked())
      .def("try_wait", &Container::try_wait, Unlocked())
      .def("fileno", &Container::wait_handle, "Readable once it has ended; for select and asyncio.")
      .def("kill", &Container::kill, py::arg("signal") = 9, Unlocked())
      .def("stop", &Container::stop, py::arg("grace") = std::chrono::seconds(10), Unlocked())
      .def("pause", &Container::pause, Unlocked())
      .def("resume", &Container::resume, Unlocked())
      .def("exec",
           [](Container& container, std::vector<std::string> args, const py::kwargs& given) {
             const ExecOptions options = exec_options(given);
             py::gil_scoped_release unlocked;
             return container.exec(std::move(args), options);
           })
      .def("stats", &Container::stats, Unlocked())
      .def(
          "logs",
          [](const Container& container, bool follow, std::optional<std::size_t> tail) {
            return container.logs({.follow = follow, .tail = tail});
          },
          py::arg("follow") = false, py::arg("tail") = std::optional<std::size_t>(), Unlocked())
      .def("remove", &Container::remove, py::arg("force") = false, Unlocked())
      .def("detach",
           [](Container& container) {
             py::gil_scoped_release unlocked;
             return std::move(container).detach();
           })
      .def("__enter__", [](Container& container) -> Container& { return container; })
      .def("__exit__", [](Container& container, const py::args&) {
        py::gil_scoped_release unlocked;
        container.remove(true);
      });
}

}  // namespace containerlib::python
