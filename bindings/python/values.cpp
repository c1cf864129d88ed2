#include "module.hpp"
#include "options.hpp"
#include "text.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

void bind_enums(py::module_& module) {
  py::enum_<Network>(module, "Network").value("none", Network::none).value("host", Network::host);
  py::enum_<UserNamespace>(module, "UserNamespace")
      .value("automatic", UserNamespace::automatic)
      .value("host", UserNamespace::host);
  py::enum_<HostDeath>(module, "HostDeath")
      .value("kill", HostDeath::kill)
      .value("detach", HostDeath::detach);
  py::enum_<ContainerState>(module, "ContainerState")
      .value("created", ContainerState::created)
      .value("running", ContainerState::running)
      .value("paused", ContainerState::paused)
      .value("exited", ContainerState::exited);
  py::enum_<ImageFormat>(module, "ImageFormat")
      .value("oci_archive", ImageFormat::oci_archive)
      .value("docker_archive", ImageFormat::docker_archive)
      .value("oci_layout", ImageFormat::oci_layout);
}

void bind_options(py::module_& module) {
  py::class_<Stream>(module, "Stream")
      .def_static("capture", &Stream::capture)
      .def_static("inherit", &Stream::inherit)
      .def_static("discard", &Stream::discard)
      .def_static("to", &Stream::to, py::arg("fd"));

  py::class_<Seccomp>(module, "Seccomp")
      .def_static("standard", &Seccomp::standard)
      .def_static("unconfined", &Seccomp::unconfined);

  py::class_<Mount>(module, "Mount")
      .def(py::init([](std::filesystem::path target, std::filesystem::path source, bool writable,
                       bool read_only, std::optional<Bytes> tmpfs_size) {
             return Mount{.source = std::move(source),
                          .target = std::move(target),
                          .writable = writable,
                          .read_only = read_only,
                          .tmpfs_size = tmpfs_size};
           }),
           py::arg("target"), py::kw_only(), py::arg("source") = std::filesystem::path(),
           py::arg("writable") = false, py::arg("read_only") = false,
           py::arg("tmpfs_size") = std::optional<Bytes>())
      .def_readonly("target", &Mount::target)
      .def_readonly("source", &Mount::source)
      .def_readonly("writable", &Mount::writable);

  py::class_<Limits>(module, "Limits")
      .def(py::init([](std::optional<Bytes> memory, std::optional<Bytes> memory_swap,
                       std::optional<double> cpus, std::optional<std::uint32_t> cpu_weight,
                       std::string cpuset_cpus, std::optional<std::uint32_t> pids) {
             return Limits{.memory = memory,
                           .memory_swap = memory_swap,
                           .cpus = cpus,
                           .cpu_weight = cpu_weight,
                           .cpuset_cpus = std::move(cpuset_cpus),
                           .pids = pids};
           }),
           py::kw_only(), py::arg("memory") = std::optional<Bytes>(),
           py::arg("memory_swap") = std::optional<Bytes>(),
           py::arg("cpus") = std::optional<double>(),
           py::arg("cpu_weight") = std::optional<std::uint32_t>(), py::arg("cpuset_cpus") = "",
           py::arg("pids") = std::optional<std::uint32_t>())
      .def_readonly("memory", &Limits::memory)
      .def_readonly("cpus", &Limits::cpus)
      .def_readonly("pids", &Limits::pids);
}

/// A field that need not be UTF-8.
template <class Class, class Field>
auto as_text(Field Class::*field) {
  return [field](const Class& value) { return text(value.*field); };
}

void bind_results(py::module_& module) {
  auto status = py::class_<ExitStatus>(module, "ExitStatus");
  py::enum_<ExitStatus::Kind>(status, "Kind")
      .value("exited", ExitStatus::Kind::exited)
      .value("signaled", ExitStatus::Kind::signaled)
      .value("timed_out", ExitStatus::Kind::timed_out)
      .value("oom_killed", ExitStatus::Kind::oom_killed);
  status.def_readonly("kind", &ExitStatus::kind)
      .def_readonly("code", &ExitStatus::code)
      .def_property_readonly("success", &ExitStatus::success)
      .def_property_readonly("shell_code", &ExitStatus::shell_code)
      .def("__bool__", &ExitStatus::success)
      .def("__str__", &ExitStatus::message);

  // What a program prints need not be text.
  py::class_<Completed>(module, "Completed")
      .def_readonly("status", &Completed::status)
      .def_property_readonly("out", [](const Completed& done) { return py::bytes(done.out); })
      .def_property_readonly("err", [](const Completed& done) { return py::bytes(done.err); })
      .def("check", &Completed::check, "Itself, or ExitError.");

  py::class_<Stats>(module, "Stats")
      .def_readonly("memory", &Stats::memory)
      .def_readonly("memory_peak", &Stats::memory_peak)
      .def_readonly("memory_limit", &Stats::memory_limit)
      .def_readonly("cpu", &Stats::cpu)
      .def_readonly("pids", &Stats::pids)
      .def_readonly("pids_limit", &Stats::pids_limit)
      .def_readonly("read", &Stats::read)
      .def_readonly("written", &Stats::written);

  py::class_<LogLine>(module, "LogLine")
      .def_readonly("time", &LogLine::time)
      .def_readonly("is_err", &LogLine::is_err)
      .def_property_readonly("text", [](const LogLine& line) { return py::bytes(line.text); });

  py::class_<ContainerInfo>(module, "ContainerInfo")
      .def_readonly("id", &ContainerInfo::id)
      .def_property_readonly("name", as_text(&ContainerInfo::name))
      .def_property_readonly("image", as_text(&ContainerInfo::image))
      .def_readonly("state", &ContainerInfo::state)
      .def_readonly("pid", &ContainerInfo::pid)
      .def_readonly("exit", &ContainerInfo::exit)
      .def_property_readonly("env", as_text(&ContainerInfo::env))
      .def_property_readonly("args", as_text(&ContainerInfo::args))
      .def_property_readonly("hostname", as_text(&ContainerInfo::hostname))
      .def_property_readonly("labels", as_text(&ContainerInfo::labels));
}

}  // namespace

void bind_values(py::module_& module) {
  bind_enums(module);
  bind_options(module);
  bind_results(module);
}

}  // namespace containerlib::python
