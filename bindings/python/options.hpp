#pragma once
#include <containerlib/runtime.hpp>

#include "casters.hpp"

// Keyword arguments of Python become the option structs: the names are those of the C++ fields, and
// None is the default.
namespace containerlib::python {

ContainerOptions container_options(const pybind11::kwargs&);
ExecOptions exec_options(const pybind11::kwargs&);
ImportOptions import_options(const pybind11::kwargs&);
/// From a sequence of str or bytes; a TypeError names it.
std::vector<std::string> strings(const char* name, const pybind11::object&);

}  // namespace containerlib::python
