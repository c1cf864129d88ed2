#include "options.hpp"

#include "text.hpp"

namespace containerlib::python {
namespace py = pybind11;
namespace {

template <class T>
T value_of(const char* name, const py::handle& given) {
  try {
    return to_bytes(given).cast<T>();
  } catch (const py::cast_error&) {
    throw py::type_error(std::string(name) + ": not a value of this option");
  }
}

/// Keyword arguments, taken one by one; what is left at the end is a TypeError.
class Fields {
 public:
  explicit Fields(const py::kwargs& given)
      : left_(py::reinterpret_steal<py::dict>(PyDict_Copy(given.ptr()))) {}

  template <class T>
  void take(const char* name, T& field) {
    if (!left_.contains(name)) return;
    const py::object given = left_.attr("pop")(name);
    if (!given.is_none()) field = value_of<T>(name, given);
  }
  void end() const {
    for (const auto& item : left_)
      throw py::type_error("no such option: " + std::string(py::repr(item.first)));
  }

 private:
  py::dict left_;
};

}  // namespace

std::vector<std::string> strings(const char* name, const py::object& given) {
  return value_of<std::vector<std::string>>(name, given);
}

ContainerOptions container_options(const py::kwargs& given) {
  ContainerOptions options;
  Fields fields(given);
  fields.take("name", options.name);
  fields.take("args", options.args);
  fields.take("entrypoint", options.entrypoint);
  fields.take("env", options.env);
  fields.take("cwd", options.cwd);
  fields.take("user", options.user);
  fields.take("hostname", options.hostname);
  fields.take("mounts", options.mounts);
  fields.take("read_only", options.read_only);
  fields.take("network", options.network);
  fields.take("limits", options.limits);
  fields.take("cap_add", options.cap_add);
  fields.take("cap_drop", options.cap_drop);
  fields.take("seccomp", options.seccomp);
  fields.take("new_privileges", options.new_privileges);
  fields.take("unmasked_paths", options.unmasked_paths);
  fields.take("user_namespace", options.user_namespace);
  fields.take("stdin", options.in);
  fields.take("stdout", options.out);
  fields.take("stderr", options.err);
  fields.take("tty", options.tty);
  fields.take("terminal_size", options.terminal_size);
  fields.take("stop_signal", options.stop_signal);
  fields.take("timeout", options.timeout);
  fields.take("on_host_death", options.on_host_death);
  fields.take("auto_remove", options.auto_remove);
  fields.take("labels", options.labels);
  fields.take("ulimits", options.ulimits);
  fields.take("groups", options.groups);
  fields.take("shm_size", options.shm_size);
  fields.take("unsafe_oci_spec", options.unsafe_oci_spec);
  fields.take("nested_user_namespaces", options.nested_user_namespaces);
  fields.take("landlock", options.landlock);
  fields.end();
  return options;
}

ExecOptions exec_options(const py::kwargs& given) {
  ExecOptions options;
  Fields fields(given);
  fields.take("env", options.env);
  fields.take("cwd", options.cwd);
  fields.take("user", options.user);
  fields.take("stdin", options.in);
  fields.take("stdout", options.out);
  fields.take("stderr", options.err);
  fields.take("tty", options.tty);
  fields.take("terminal_size", options.terminal_size);
  fields.take("timeout", options.timeout);
  fields.end();
  return options;
}

ImportOptions import_options(const py::kwargs& given) {
  ImportOptions options;
  Fields fields(given);
  fields.take("tag", options.tag);
  fields.take("entrypoint", options.entrypoint);
  fields.take("command", options.command);
  fields.take("env", options.env);
  fields.take("user", options.user);
  fields.take("cwd", options.cwd);
  fields.take("labels", options.labels);
  fields.take("exposed_ports", options.exposed_ports);
  fields.take("volumes", options.volumes);
  fields.take("stop_signal", options.stop_signal);
  fields.take("message", options.message);
  fields.take("created", options.created);
  fields.end();
  return options;
}

}  // namespace containerlib::python
