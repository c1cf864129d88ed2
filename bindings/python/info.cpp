#include "module.hpp"
#include "options.hpp"
#include "repr.hpp"
#include "text.hpp"

// What is known of a container and of the host.
namespace containerlib::python {
namespace py = pybind11;
namespace {

/// A field that need not be UTF-8.
template <class Class, class Field>
auto as_text(Field Class::*field) {
  return [field](const Class& value) { return text(value.*field); };
}

void bind_container_info(py::module_& module) {
  py::enum_<ContainerState>(module, "ContainerState")
      .value("created", ContainerState::created)
      .value("running", ContainerState::running)
      .value("paused", ContainerState::paused)
      .value("exited", ContainerState::exited);
  py::class_<ContainerInfo>(module, "ContainerInfo")
      .def_readonly("id", &ContainerInfo::id)
      .def_property_readonly("name", as_text(&ContainerInfo::name))
      .def_property_readonly("image", as_text(&ContainerInfo::image))
      .def_readonly("image_id", &ContainerInfo::image_id)
      .def_readonly("state", &ContainerInfo::state)
      .def_readonly("pid", &ContainerInfo::pid)
      .def_readonly("exit", &ContainerInfo::exit)
      .def_readonly("created", &ContainerInfo::created)
      .def_readonly("started", &ContainerInfo::started)
      .def_readonly("finished", &ContainerInfo::finished)
      .def_property_readonly("args", as_text(&ContainerInfo::args))
      .def_property_readonly("env", as_text(&ContainerInfo::env))
      .def_property_readonly("user", as_text(&ContainerInfo::user))
      .def_property_readonly("hostname", as_text(&ContainerInfo::hostname))
      .def_readonly("cwd", &ContainerInfo::cwd)
      .def_readonly("mounts", &ContainerInfo::mounts)
      .def_readonly("limits", &ContainerInfo::limits)
      .def_readonly("network", &ContainerInfo::network)
      .def_readonly("tty", &ContainerInfo::tty)
      .def_readonly("read_only", &ContainerInfo::read_only)
      .def_readonly("auto_remove", &ContainerInfo::auto_remove)
      .def_property_readonly("labels", as_text(&ContainerInfo::labels))
      .def("__repr__", shows("id", "name", "image", "state", "pid", "exit", "args"));
}

void bind_host_info(py::module_& module) {
  auto info = py::class_<HostInfo>(module, "HostInfo");
  py::class_<HostInfo::Controller>(info, "Controller")
      .def_readonly("name", &HostInfo::Controller::name)
      .def_readonly("version", &HostInfo::Controller::version)
      .def_property_readonly("path", as_text(&HostInfo::Controller::path))
      .def_property_readonly("reason", as_text(&HostInfo::Controller::reason))
      .def("__repr__", shows("name", "version", "path", "reason"));
  py::class_<HostInfo::Feature>(info, "Feature")
      .def_readonly("name", &HostInfo::Feature::name)
      .def_readonly("available", &HostInfo::Feature::available)
      .def_property_readonly("detail", as_text(&HostInfo::Feature::detail))
      .def("__repr__", shows("name", "available", "detail"));
  info.def_property_readonly("kernel", as_text(&HostInfo::kernel))
      .def_readonly("rootless", &HostInfo::rootless)
      .def_readonly("cgroup_layout", &HostInfo::cgroup_layout)
      .def_readonly("controllers", &HostInfo::controllers)
      .def_readonly("features", &HostInfo::features)
      .def_readonly("root", &HostInfo::root)
      .def_readonly("run_root", &HostInfo::run_root)
      .def_readonly("images", &HostInfo::images)
      .def_readonly("containers", &HostInfo::containers)
      .def("__repr__", shows("kernel", "rootless", "cgroup_layout", "root", "run_root", "images",
                             "containers"));
}

}  // namespace

void bind_info(py::module_& module) {
  bind_container_info(module);
  bind_host_info(module);
}

}  // namespace containerlib::python
