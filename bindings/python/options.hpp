#pragma once
#include <pybind11/chrono.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <pybind11/stl/filesystem.h>
#include <containerlib/containerlib.hpp>

// Keyword arguments of Python become the option structs: the names are those of the C++ fields.
namespace containerlib::python {

ContainerOptions container_options(const pybind11::kwargs&);
ExecOptions exec_options(const pybind11::kwargs&);
ImportOptions import_options(const pybind11::kwargs&);

}  // namespace containerlib::python

/// A number of bytes is an int.
template <>
struct pybind11::detail::type_caster<containerlib::Bytes> {
  PYBIND11_TYPE_CASTER(containerlib::Bytes, const_name("int"));
  bool load(handle source, bool convert) {
    make_caster<std::uint64_t> number;
    if (!number.load(source, convert)) return false;
    value = {cast_op<std::uint64_t>(number)};
    return true;
  }
  static handle cast(containerlib::Bytes bytes, return_value_policy, handle) {
    return PyLong_FromUnsignedLongLong(bytes.count);
  }
};
