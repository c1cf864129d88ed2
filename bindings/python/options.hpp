#pragma once
#include <containerlib/runtime.hpp>

#include "casters.hpp"

// Keyword arguments of Python become the option structs: the names are those of the C++ fields.
namespace containerlib::python {

ContainerOptions container_options(const pybind11::kwargs&);
ExecOptions exec_options(const pybind11::kwargs&);
ImportOptions import_options(const pybind11::kwargs&);
/// A command: a sequence of str or bytes.
std::vector<std::string> command(const pybind11::object&);

}  // namespace containerlib::python
