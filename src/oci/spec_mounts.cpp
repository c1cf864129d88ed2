#include <algorithm>

#include "oci/spec_sections.hpp"

// `mounts` and `hooks` (config.md, "Mounts", "POSIX-platform Hooks"), and the mappings of ids that
// mounts share with user namespaces.
namespace containerlib::oci {
namespace bj = boost::json;

void read(const Field& mapping, IdMapping& out) {
  const Field size = mapping.required("size");
  read(mapping.required("containerID"), out.container_id);
  read(mapping.required("hostID"), out.host_id);
  read(size, out.size);
  // map_write() of the kernel refuses a line of no ids, and one with (uid_t)-1 or beyond.
  const std::uint64_t first = std::max(out.container_id, out.host_id);
  if (out.size == 0 || first + out.size > std::numeric_limits<std::uint32_t>::max())
    size.refuse("at least 1, with no id above 4294967294");
}

void read(const Field& mount, Mount& out) {
  const Field destination = mount.required("destination");
  out.destination = destination.text();
  if (out.destination.empty()) destination.refuse("a path");
  // config.md: a relative path, deprecated, is relative to "/".
  if (!out.destination.starts_with('/')) out.destination.insert(0, 1, '/');
  read(mount["type"], out.type);
  read(mount["source"], out.source);
  read(mount["options"], out.options);
  const Field uids = mount["uidMappings"], gids = mount["gidMappings"];
  read(uids, out.uid_mappings);
  read(gids, out.gid_mappings);
  if (out.uid_mappings.empty() && !out.gid_mappings.empty())
    uids.refuse("mappings along with gidMappings");
  if (out.gid_mappings.empty() && !out.uid_mappings.empty())
    gids.refuse("mappings along with uidMappings");
}

void read(const Field& hook, Hook& out) {
  const Field path = hook.required("path");
  out.path = absolute_path(path);
  read(hook["args"], out.args);
  read(hook["env"], out.env);
  read_range(hook["timeout"], 1, std::numeric_limits<int>::max(), out.timeout);
}

void read(const Field& hooks, Hooks& out) {
  read(hooks["prestart"], out.prestart);
  read(hooks["createRuntime"], out.create_runtime);
  read(hooks["createContainer"], out.create_container);
  read(hooks["startContainer"], out.start_container);
  read(hooks["poststart"], out.poststart);
  read(hooks["poststop"], out.poststop);
}

bj::object json_of(const IdMapping& mapping) {
  return {
      {"containerID", mapping.container_id}, {"hostID", mapping.host_id}, {"size", mapping.size}};
}

bj::object json_of(const Mount& mount) {
  bj::object out{{"destination", mount.destination}};
  put(out, "type", mount.type);
  put(out, "source", mount.source);
  std::vector<std::string> options = mount.options;
  const auto asks = [](const std::string& option) {
    return option == "idmap" || option == "ridmap";
  };
  if (mount.idmap && std::none_of(options.begin(), options.end(), asks)) options.push_back("idmap");
  put(out, "options", options);
  put(out, "uidMappings", mount.uid_mappings);
  put(out, "gidMappings", mount.gid_mappings);
  return out;
}

bj::object json_of(const Hook& hook) {
  bj::object out{{"path", hook.path}};
  put(out, "args", hook.args);
  put(out, "env", hook.env);
  put(out, "timeout", hook.timeout);
  return out;
}

bj::object json_of(const Hooks& hooks) {
  bj::object out;
  put(out, "prestart", hooks.prestart);
  put(out, "createRuntime", hooks.create_runtime);
  put(out, "createContainer", hooks.create_container);
  put(out, "startContainer", hooks.start_container);
  put(out, "poststart", hooks.poststart);
  put(out, "poststop", hooks.poststop);
  return out;
}

}  // namespace containerlib::oci
