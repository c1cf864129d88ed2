#include <containerlib/containerlib.hpp>

#include "module.hpp"
#include "text.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

// Classes live as long as the interpreter, so these are never released.
PyObject* error_class = nullptr;
PyObject* exit_error_class = nullptr;

/// An Errc is not an int: Errc.image_not_found would equal ENOENT.
py::object code_of(const std::error_code& code) {
  if (code.category() == containerlib_category()) return py::cast(static_cast<Errc>(code.value()));
  return py::int_(code.value());
}

void raise(const Error& error) {
  py::object object = py::reinterpret_borrow<py::object>(error_class)(message(error.what()));
  object.attr("operation") = text(error.operation());
  object.attr("subject") = text(error.subject());
  object.attr("hint") = text(error.hint());
  object.attr("code") = code_of(error.code());
  object.attr("category") = error.code().category().name();
  PyErr_SetObject(error_class, object.ptr());
}

void raise(const ExitError& error) {
  py::object object = py::reinterpret_borrow<py::object>(exit_error_class)(message(error.what()));
  object.attr("completed") = error.completed();
  PyErr_SetObject(exit_error_class, object.ptr());
}

void bind_codes(py::module_& module) {
  py::enum_<Errc>(module, "Errc", "Error.code where the library itself has the reason.")
      .value("invalid_option", Errc::invalid_option)
      .value("image_not_found", Errc::image_not_found)
      .value("image_corrupt", Errc::image_corrupt)
      .value("container_not_found", Errc::container_not_found)
      .value("name_in_use", Errc::name_in_use)
      .value("in_use", Errc::in_use)
      .value("not_running", Errc::not_running)
      .value("already_running", Errc::already_running)
      .value("command_not_found", Errc::command_not_found)
      .value("not_executable", Errc::not_executable)
      .value("unknown_user", Errc::unknown_user)
      .value("unsupported", Errc::unsupported)
      .value("not_permitted", Errc::not_permitted)
      .value("timed_out", Errc::timed_out)
      .value("monitor_lost", Errc::monitor_lost)
      .value("used_after_fork", Errc::used_after_fork);
}

}  // namespace

void bind_errors(py::module_& module) {
  bind_codes(module);
  const auto add = [&](const char* name, const char* text) {
    PyObject* made = PyErr_NewExceptionWithDoc((std::string("containerlib.") + name).c_str(), text,
                                               PyExc_RuntimeError, nullptr);
    if (!made) throw py::error_already_set();
    module.attr(name) = py::reinterpret_borrow<py::object>(made);
    return made;
  };
  error_class = add("Error",
                    "The library could not do it: operation, subject, hint, code (an Errc, or the "
                    "errno of the system), category (\"containerlib\" or \"generic\").");
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
