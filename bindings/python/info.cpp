#include "module.hpp"
#include "options.hpp"
#include "text.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

/// A field that need not be UTF-8.
template <class Class, class Field>
auto as_text(Field Class::*field) {
  return [field](const Class& value) { return text(value.*field); };
}

}  // namespace

void bind_info(py::module_& module) {
  py::enum_<ContainerState>(module, "ContainerState")
      .value("created", ContainerState::created)
      .value("running", ContainerState::running)
      .value("paused", ContainerState::paused)
      .value("exited", ContainerState::exited);
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

}  // namespace containerlib::python
