#include <containerlib/container.hpp>

#include "casters.hpp"
#include "module.hpp"

namespace containerlib::python {
namespace py = pybind11;

void bind_logs(py::module_& module) {
  py::class_<LogLine>(module, "LogLine")
      .def_readonly("time", &LogLine::time)
      .def_readonly("is_err", &LogLine::is_err)
      // What a program prints need not be text.
      .def_property_readonly("text", [](const LogLine& line) { return py::bytes(line.text); });

  py::class_<LogReader, std::unique_ptr<LogReader, DeleteUnlocked>>(module, "LogReader")
      .def("__iter__", [](LogReader& reader) -> LogReader& { return reader; })
      .def("__next__", [](LogReader& reader) {
        LogLine line;
        {
          py::gil_scoped_release unlocked;
          if (reader.next(line)) return line;
        }
        throw py::stop_iteration();
      });
}

}  // namespace containerlib::python
