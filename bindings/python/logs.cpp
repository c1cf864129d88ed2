#include "logs.hpp"

#include "casters.hpp"
#include "module.hpp"
#include "repr.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

class Turn {
 public:
  explicit Turn(bool& busy) : busy_(busy) { busy_ = true; }
  Turn(const Turn&) = delete;
  ~Turn() { busy_ = false; }

 private:
  bool& busy_;
};

}  // namespace

LogLine Lines::next() {
  if (busy_) throw py::value_error("another thread is reading this log");
  const Turn turn(busy_);
  LogLine line;
  {
    py::gil_scoped_release unlocked;
    if (reader_.next(line)) return line;
  }
  throw py::stop_iteration();
}

void bind_logs(py::module_& module) {
  py::class_<LogLine>(module, "LogLine")
      .def_readonly("time", &LogLine::time)
      .def_readonly("is_err", &LogLine::is_err)
      // What a program prints need not be text.
      .def_property_readonly("text", [](const LogLine& line) { return py::bytes(line.text); })
      .def("__repr__", shows("time", "is_err", "text"));

  py::class_<Lines, std::unique_ptr<Lines, DeleteUnlocked>>(module, "LogReader")
      .def("__iter__", [](const py::object& self) { return self; })
      .def("__next__", &Lines::next);
}

}  // namespace containerlib::python
