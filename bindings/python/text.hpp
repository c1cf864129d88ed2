#pragma once
#include <pybind11/pybind11.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

// Names, arguments and the like are bytes on Linux, and mostly UTF-8. As with Python's own file
// names, a byte that is not becomes a lone surrogate: os.fsencode() gives back what was there.
namespace containerlib::python {

pybind11::str text(std::string_view);
pybind11::list text(const std::vector<std::string>&);
pybind11::dict text(const std::map<std::string, std::string>&);
/// The way back: str as bytes, also in a list, a tuple or a dict; all else as it is.
pybind11::object to_bytes(pybind11::handle);
/// For people, so without surrogates, which cannot be printed: such a byte is shown as \xNN.
pybind11::str message(std::string_view);

}  // namespace containerlib::python
