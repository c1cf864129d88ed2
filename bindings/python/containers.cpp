#include "handle.hpp"
#include "logs.hpp"
#include "module.hpp"
#include "options.hpp"

namespace containerlib::python {
namespace py = pybind11;

std::string Handle::detach() {
  Container& container = use();
  std::string id;
  {
    py::gil_scoped_release unlocked;
    id = std::move(container).detach();
  }
  detached_ = true;
  return id;
}

void Handle::exit() {
  if (!owned_ || detached_) return;
  py::gil_scoped_release unlocked;
  container_.remove(true);
}

namespace {

/// A member of Container, for a Handle; other Python threads run meanwhile.
template <class R, class... A>
auto on(R (Container::*member)(A...)) {
  return [member](Handle& handle, A... arguments) -> R {
    Container& container = handle.use();
    py::gil_scoped_release unlocked;
    return (container.*member)(std::forward<A>(arguments)...);
  };
}
template <class R>
auto on(R (Container::*member)() const) {
  return [member](Handle& handle) -> R {
    const Container& container = handle.use();
    py::gil_scoped_release unlocked;
    return (container.*member)();
  };
}

/// The host's end of a stream as an unbuffered file; None when there is none, or no more.
auto take(Fd (Container::*member)(), const char* mode) {
  return [member, mode](Handle& handle) -> py::object {
    Fd fd = (handle.use().*member)();
    if (!fd) return py::none();
    py::object file = py::module_::import("io").attr("open")(fd.get(), mode, 0);
    (void)fd.release();  // the file's now
    return file;
  };
}

Lines logs(Handle& handle, bool follow, std::optional<std::size_t> tail) {
  const Container& container = handle.use();
  py::gil_scoped_release unlocked;
  return Lines(container.logs({.follow = follow, .tail = tail}));
}

Completed exec(Handle& handle, const py::object& args, const py::kwargs& given) {
  Container& container = handle.use();
  std::vector<std::string> arguments = strings("args", args);
  const ExecOptions options = exec_options(given);
  py::gil_scoped_release unlocked;
  return container.exec(std::move(arguments), options);
}

void checkpoint(Handle& handle, const std::filesystem::path& directory, bool leave_running,
                bool tcp_established, bool file_locks, std::filesystem::path criu) {
  Container& container = handle.use();
  const CheckpointOptions options{.leave_running = leave_running,
                                  .tcp_established = tcp_established,
                                  .file_locks = file_locks,
                                  .criu = std::move(criu)};
  py::gil_scoped_release unlocked;
  container.checkpoint(directory, options);
}

std::string show(const Handle& handle) {
  const Container& container = handle.container();
  return "<containerlib.Container " + container.name() + ' ' + container.id().substr(0, 12) +
         (handle.detached() ? ", detached>" : ">");
}

}  // namespace

void bind_containers(py::module_& module) {
  py::class_<Handle, std::unique_ptr<Handle, DeleteUnlocked>>(
      module, "Container",
      "From start() or create() it is owned: goes away with the object, or at the end of a with "
      "block. From find() it is not.")
      .def_property_readonly("id", [](const Handle& handle) { return handle.container().id(); })
      .def_property_readonly("name", [](const Handle& handle) { return handle.container().name(); })
      .def("inspect", on(&Container::inspect))
      .def("start", on(&Container::start))
      .def("wait", on(&Container::wait), "Until it has ended.")
      .def("wait_for", on(&Container::wait_for), py::arg("timeout"),
           "None when it has not ended within `timeout`; a negative one is for ever.")
      .def("try_wait", on(&Container::try_wait), "None while it has not ended.")
      .def("fileno", on(&Container::wait_handle),
           "Readable once it has ended; for select and asyncio.")
      .def("kill", on(&Container::kill), py::arg("signal") = 9)
      .def("stop", on(&Container::stop), py::arg("grace") = 10,
           "Its stop signal, then after `grace` SIGKILL; a negative one is for ever.")
      .def("pause", on(&Container::pause))
      .def("resume", on(&Container::resume))
      .def("checkpoint", &checkpoint, py::arg("directory"), py::kw_only(),
           py::arg("leave_running") = false, py::arg("tcp_established") = false,
           py::arg("file_locks") = false, py::arg("criu") = "",
           "Writes it to a directory, for Runtime.restore(), and ends it.")
      .def("exec", &exec, py::arg("args"),
           "Runs a command in it to its end. Options: those of ExecOptions, as keywords.")
      .def("stats", on(&Container::stats))
      .def("logs", &logs, py::arg("follow") = false, py::arg("tail") = std::optional<std::size_t>(),
           "Iterates over LogLine.")
      .def("take_in", take(&Container::take_in, "wb"), "The other end of Stream.pipe(), once.")
      .def("take_out", take(&Container::take_out, "rb"))
      .def("take_err", take(&Container::take_err, "rb"))
      .def("take_terminal", take(&Container::take_terminal, "r+b"), "With tty=True, once.")
      .def("resize", on(&Container::resize), py::arg("size"))
      .def("remove", on(&Container::remove), py::arg("force") = false)
      .def("detach", &Handle::detach,
           "Gives it up: it lives on, and this object is of no more use. Returns its id.")
      .def("__enter__", [](const py::object& self) { return self; })
      .def("__exit__", [](Handle& handle, const py::args&) { handle.exit(); })
      .def("__repr__", &show);
}

}  // namespace containerlib::python
