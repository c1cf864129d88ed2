#include "module.hpp"
#include "options.hpp"
#include "repr.hpp"

// How a workload ended and what it has used and printed.
namespace containerlib::python {
namespace py = pybind11;
namespace {

void bind_exit_status(py::module_& module) {
  auto status = py::class_<ExitStatus>(module, "ExitStatus", "True when it is a success.");
  py::enum_<ExitStatus::Kind>(status, "Kind")
      .value("exited", ExitStatus::Kind::exited)
      .value("signaled", ExitStatus::Kind::signaled)
      .value("timed_out", ExitStatus::Kind::timed_out)
      .value("oom_killed", ExitStatus::Kind::oom_killed);
  status.def_readonly("kind", &ExitStatus::kind)
      .def_readonly("code", &ExitStatus::code)
      .def_readonly("memory_limit", &ExitStatus::memory_limit)
      .def_property_readonly("success", &ExitStatus::success)
      .def_property_readonly("shell_code", &ExitStatus::shell_code)
      .def_property_readonly("message", &ExitStatus::message)
      .def("__bool__", &ExitStatus::success)
      .def("__str__", &ExitStatus::message)
      .def("__repr__",
           [](const ExitStatus& end) { return "<containerlib.ExitStatus " + end.message() + '>'; });
}

std::string show(const Completed& done) {
  return "<containerlib.Completed " + done.status.message() + ", " +
         std::to_string(done.out.size()) + " bytes of out, " + std::to_string(done.err.size()) +
         " of err>";
}

}  // namespace

void bind_results(py::module_& module) {
  bind_exit_status(module);

  // What a program prints need not be text.
  py::class_<Completed>(module, "Completed")
      .def_readonly("status", &Completed::status)
      .def_property_readonly("out", [](const Completed& done) { return py::bytes(done.out); })
      .def_property_readonly("err", [](const Completed& done) { return py::bytes(done.err); })
      .def("check", &Completed::check, "Itself, or ExitError.")
      .def("__repr__", &show);

  py::class_<Stats>(module, "Stats", "What this host cannot tell is None.")
      .def_readonly("memory", &Stats::memory)
      .def_readonly("memory_peak", &Stats::memory_peak)
      .def_readonly("memory_limit", &Stats::memory_limit)
      .def_readonly("cpu", &Stats::cpu)
      .def_readonly("pids", &Stats::pids)
      .def_readonly("pids_limit", &Stats::pids_limit)
      .def_readonly("read", &Stats::read)
      .def_readonly("written", &Stats::written)
      .def("__repr__", shows("memory", "memory_peak", "memory_limit", "cpu", "pids", "pids_limit",
                             "read", "written"));
}

}  // namespace containerlib::python
