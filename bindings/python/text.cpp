#include "text.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

py::object owned(PyObject* made) {
  if (!made) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(made);
}

py::str decode(std::string_view bytes, const char* errors) {
  return owned(PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), errors));
}

}  // namespace

py::str text(std::string_view bytes) { return decode(bytes, "surrogateescape"); }

py::list text(const std::vector<std::string>& items) {
  py::list out;
  for (const std::string& item : items) out.append(text(item));
  return out;
}

py::dict text(const std::map<std::string, std::string>& items) {
  py::dict out;
  for (const auto& [key, value] : items) out[text(key)] = text(value);
  return out;
}

py::object to_bytes(py::handle value) {
  if (py::isinstance<py::str>(value) && !py::isinstance<py::bytes>(value))
    return owned(PyUnicode_AsEncodedString(value.ptr(), "utf-8", "surrogateescape"));
  if (py::isinstance<py::list>(value) || py::isinstance<py::tuple>(value)) {
    py::list out;
    for (const py::handle item : value) out.append(to_bytes(item));
    return out;
  }
  if (py::isinstance<py::dict>(value)) {
    py::dict out;
    for (const auto& [key, item] : py::reinterpret_borrow<py::dict>(value))
      out[to_bytes(key)] = to_bytes(item);
    return out;
  }
  return py::reinterpret_borrow<py::object>(value);
}

py::str message(std::string_view bytes) { return decode(bytes, "backslashreplace"); }

}  // namespace containerlib::python
