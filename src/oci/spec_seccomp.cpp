#include "oci/spec_names.hpp"
#include "oci/spec_sections.hpp"

// `linux.seccomp` (config-linux.md, "Seccomp").
namespace containerlib::oci {
namespace bj = boost::json;
namespace {

/// config-linux.md: an error number for an action that does not take one is an error. Above these
/// the kernel would return another (seccomp(2): at most 4095; 16 bits for a tracer).
void read_errno(const Field& field, const std::string& action, std::optional<std::uint32_t>& out) {
  if (!field) return;
  if (action != "SCMP_ACT_ERRNO" && action != "SCMP_ACT_TRACE")
    field.refuse("an action that takes an error number, SCMP_ACT_ERRNO or SCMP_ACT_TRACE");
  read_range(field, 0, action == "SCMP_ACT_ERRNO" ? 4095 : 65535, out);
}

}  // namespace

// Not in the unnamed namespace: the templates find these by their argument.
static void read(const Field& argument, SeccompArgument& out) {
  read_range(argument.required("index"), 0, 5, out.index);
  read(argument.required("value"), out.value);
  read(argument["valueTwo"], out.value_two);
  out.op = required_name(argument.required("op"), names::seccomp_operators);
}

static void read(const Field& rule, SeccompRule& out) {
  const Field calls = rule.required("names");
  read(calls, out.names);
  if (out.names.empty()) calls.refuse("at least one system call");
  out.action = required_name(rule.required("action"), names::seccomp_actions);
  read_errno(rule["errnoRet"], out.action, out.errno_ret);
  read(rule["args"], out.args);
}

void read(const Field& profile, SeccompProfile& out) {
  out.default_action = required_name(profile.required("defaultAction"), names::seccomp_actions);
  read_errno(profile["defaultErrnoRet"], out.default_action, out.default_errno_ret);
  read_names(profile["architectures"], names::seccomp_archs, out.architectures);
  read_names(profile["flags"], names::seccomp_flags, out.flags);
  read(profile["listenerPath"], out.listener_path);
  const Field metadata = profile["listenerMetadata"];
  read(metadata, out.listener_metadata);
  if (!out.listener_metadata.empty() && out.listener_path.empty())
    metadata.refuse("listenerPath along with it");
  read(profile["syscalls"], out.syscalls);
}

static bj::object json_of(const SeccompArgument& argument) {
  bj::object out{{"index", argument.index}, {"value", argument.value}, {"op", argument.op}};
  if (argument.value_two != 0) out["valueTwo"] = argument.value_two;
  return out;
}

static bj::object json_of(const SeccompRule& rule) {
  bj::object out{{"action", rule.action}};
  put(out, "names", rule.names);
  put(out, "errnoRet", rule.errno_ret);
  put(out, "args", rule.args);
  return out;
}

bj::object json_of(const SeccompProfile& profile) {
  bj::object out{{"defaultAction", profile.default_action}};
  put(out, "defaultErrnoRet", profile.default_errno_ret);
  put(out, "architectures", profile.architectures);
  put(out, "flags", profile.flags);
  put(out, "listenerPath", profile.listener_path);
  put(out, "listenerMetadata", profile.listener_metadata);
  put(out, "syscalls", profile.syscalls);
  return out;
}

}  // namespace containerlib::oci
