#include "module.hpp"
#include "options.hpp"
#include "text.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

// Classes live as long as the interpreter, so these are never released.
PyObject* error_class = nullptr;
PyObject* exit_error_class = nullptr;

void raise(const Error& error) {
  py::object object = py::reinterpret_borrow<py::object>(error_class)(message(error.what()));
  object.attr("operation") = text(error.operation());
  object.attr("subject") = text(error.subject());
  object.attr("hint") = text(error.hint());
  object.attr("code") = error.code().value();
  object.attr("category") = error.code().category().name();
  PyErr_SetObject(error_class, object.ptr());
}

void raise(const ExitError& error) {
  py::object object = py::reinterpret_borrow<py::object>(exit_error_class)(message(error.what()));
  object.attr("completed") = error.completed();
  PyErr_SetObject(exit_error_class, object.ptr());
}

}  // namespace

void bind_errors(py::module_& module) {
  const auto add = [&](const char* name, const char* text) {
    PyObject* made = PyErr_NewExceptionWithDoc((std::string("containerlib.") + name).c_str(), text,
                                               PyExc_RuntimeError, nullptr);
    if (!made) throw py::error_already_set();
    module.attr(name) = py::reinterpret_borrow<py::object>(made);
    return made;
  };
  error_class = add("Error",
                    "The library could not do it: operation, subject, hint, code, category "
                    "(\"generic\": code is an errno).");
  exit_error_class =
      add("ExitError", "Completed.check(): the workload did not succeed; completed.");
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const Error& error) {
      raise(error);
    } catch (const ExitError& error) {
      raise(error);
    }
  });
}

}  // namespace containerlib::python
