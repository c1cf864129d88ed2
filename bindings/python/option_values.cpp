#include "module.hpp"
#include "options.hpp"

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
}

void bind_streams(py::module_& module) {
  py::class_<Stream>(module, "Stream")
      .def_static("capture", &Stream::capture)
      .def_static("inherit", &Stream::inherit)
      .def_static("discard", &Stream::discard)
      .def_static("to", &Stream::to, py::arg("fd"));
}

void bind_seccomp(py::module_& module) {
  py::class_<Seccomp>(module, "Seccomp")
      .def_static("standard", &Seccomp::standard)
      .def_static("unconfined", &Seccomp::unconfined);
}

void bind_mount(py::module_& module) {
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
}

}  // namespace

void bind_option_values(py::module_& module) {
  bind_enums(module);
  bind_streams(module);
  bind_seccomp(module);
  bind_mount(module);
}

}  // namespace containerlib::python
