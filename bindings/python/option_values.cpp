#include "module.hpp"
#include "options.hpp"
#include "repr.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

void bind_enums(py::module_& module) {
  py::enum_<Network>(module, "Network").value("none", Network::none).value("host", Network::host);
  py::enum_<UserNamespace>(module, "UserNamespace")
      .value("automatic", UserNamespace::automatic)
      .value("host", UserNamespace::host)
      .value("keep_id", UserNamespace::keep_id)
      .value("nomap", UserNamespace::nomap);
  py::enum_<HostDeath>(module, "HostDeath")
      .value("kill", HostDeath::kill)
      .value("detach", HostDeath::detach);
}

void bind_streams(py::module_& module) {
  py::class_<Stream>(module, "Stream")
      .def_static("capture", &Stream::capture)
      .def_static("pipe", &Stream::pipe)
      .def_static("inherit", &Stream::inherit)
      .def_static("discard", &Stream::discard)
      .def_static(
          "to",
          [](const py::object& file) {
            const int fd = PyObject_AsFileDescriptor(file.ptr());
            if (fd < 0) throw py::error_already_set();
            return Stream::to(fd);
          },
          py::arg("file"),
          "A descriptor, or a file that has one. It must stay open until the start.");
  py::class_<TerminalSize>(module, "TerminalSize")
      .def(py::init([](std::uint16_t rows, std::uint16_t columns) {
             return TerminalSize{rows, columns};
           }),
           py::arg("rows") = 24, py::arg("columns") = 80)
      .def_readonly("rows", &TerminalSize::rows)
      .def_readonly("columns", &TerminalSize::columns)
      .def("__repr__", shows("rows", "columns"));
}

void bind_seccomp(py::module_& module) {
  py::class_<Seccomp>(module, "Seccomp", "A filter; a later rule wins.")
      .def_static("standard", &Seccomp::standard)
      .def_static("unconfined", &Seccomp::unconfined)
      .def("allow",
           [](const py::object& self, const py::args& calls) {
             for (const std::string& call : strings("calls", calls))
               self.cast<Seccomp&>().allow({call});
             return self;
           })
      .def(
          "deny",
          [](const py::object& self, const py::args& calls, int errnum) {
            for (const std::string& call : strings("calls", calls))
              self.cast<Seccomp&>().deny({call}, errnum);
            return self;
          },
          py::kw_only(), py::arg("errnum"));
}

void bind_mount(py::module_& module) {
  py::class_<Mount>(module, "Mount")
      // An empty path would be ".", the working directory.
      .def(py::init([](std::filesystem::path target, std::optional<std::filesystem::path> source,
                       bool writable, bool read_only, std::optional<Bytes> tmpfs_size,
                       unsigned tmpfs_mode, std::uint32_t tmpfs_uid, std::uint32_t tmpfs_gid) {
             return Mount{.source = source.value_or(std::filesystem::path()),
                          .target = std::move(target),
                          .writable = writable,
                          .read_only = read_only,
                          .tmpfs_size = tmpfs_size,
                          .tmpfs_mode = tmpfs_mode,
                          .tmpfs_uid = tmpfs_uid,
                          .tmpfs_gid = tmpfs_gid};
           }),
           py::arg("target"), py::kw_only(),
           py::arg("source") = std::optional<std::filesystem::path>(), py::arg("writable") = false,
           py::arg("read_only") = false, py::arg("tmpfs_size") = std::optional<Bytes>(),
           py::arg("tmpfs_mode") = 01777, py::arg("tmpfs_uid") = 0, py::arg("tmpfs_gid") = 0)
      .def_readonly("target", &Mount::target)
      .def_property_readonly("source",
                             [](const Mount& mount) -> std::optional<std::filesystem::path> {
                               if (mount.source.empty()) return {};
                               return mount.source;
                             })
      .def_readonly("writable", &Mount::writable)
      .def_readonly("read_only", &Mount::read_only)
      .def_readonly("tmpfs_size", &Mount::tmpfs_size)
      .def_readonly("tmpfs_mode", &Mount::tmpfs_mode)
      .def_readonly("tmpfs_uid", &Mount::tmpfs_uid)
      .def_readonly("tmpfs_gid", &Mount::tmpfs_gid)
      .def("__repr__", shows("target", "source", "writable", "read_only", "tmpfs_size",
                             "tmpfs_mode", "tmpfs_uid", "tmpfs_gid"));
}

void bind_landlock(py::module_& module) {
  py::class_<LandlockPath>(module, "LandlockPath")
      .def(py::init([](std::filesystem::path path, bool writable, bool executable) {
             return LandlockPath{std::move(path), writable, executable};
           }),
           py::arg("path"), py::kw_only(), py::arg("writable") = false,
           py::arg("executable") = true)
      .def_readonly("path", &LandlockPath::path)
      .def_readonly("writable", &LandlockPath::writable)
      .def_readonly("executable", &LandlockPath::executable)
      .def("__repr__", shows("path", "writable", "executable"));
  using Ports = std::optional<std::vector<std::uint16_t>>;
  py::class_<Landlock>(module, "Landlock", "What a further wall leaves to the workload.")
      .def(py::init([](std::vector<LandlockPath> paths, Ports tcp_bind, Ports tcp_connect,
                       bool scope_abstract_sockets, bool scope_signals) {
             return Landlock{std::move(paths), std::move(tcp_bind), std::move(tcp_connect),
                             scope_abstract_sockets, scope_signals};
           }),
           py::kw_only(), py::arg("paths") = std::vector<LandlockPath>(),
           py::arg("tcp_bind") = Ports(), py::arg("tcp_connect") = Ports(),
           py::arg("scope_abstract_sockets") = false, py::arg("scope_signals") = false)
      .def_readonly("paths", &Landlock::paths)
      .def_readonly("tcp_bind", &Landlock::tcp_bind)
      .def_readonly("tcp_connect", &Landlock::tcp_connect)
      .def_readonly("scope_abstract_sockets", &Landlock::scope_abstract_sockets)
      .def_readonly("scope_signals", &Landlock::scope_signals)
      .def("__repr__",
           shows("paths", "tcp_bind", "tcp_connect", "scope_abstract_sockets", "scope_signals"));
}

}  // namespace

void bind_option_values(py::module_& module) {
  bind_enums(module);
  bind_streams(module);
  bind_seccomp(module);
  bind_mount(module);
  bind_landlock(module);
}

}  // namespace containerlib::python
