#pragma once
#include <pybind11/pybind11.h>

#include <string>

namespace containerlib::python {

/// __repr__ of a value that consists of its fields: "Limits(memory=67108864, pids=None)".
template <class... Names>
auto shows(Names... names) {
  return [names...](const pybind11::object& self) {
    std::string out;
    const auto add = [&](const char* name) {
      out += out.empty() ? "" : ", ";
      out += name;
      out += '=' + std::string(pybind11::repr(self.attr(name)));
    };
    (add(names), ...);
    return std::string(pybind11::str(pybind11::type::of(self).attr("__name__"))) + '(' + out + ')';
  };
}

}  // namespace containerlib::python
