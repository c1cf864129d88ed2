#include "runtime/spec_fragment.hpp"

#include <algorithm>
#include <boost/json/value.hpp>
#include <string_view>

#include "base/error.hpp"
#include "oci/spec_sections.hpp"

namespace containerlib::runtime {
namespace {

using oci::Field;

constexpr const char* option = "unsafe_oci_spec";

[[noreturn]] void refuse(Errc code, const Field& field, const char* reason) {
  throw_error(code, std::string("use option ") + option, field.path(), reason);
}

void check_namespaces(const Field& namespaces) {
  namespaces.elements([](const Field& entry) {
    const Field type = entry["type"], path = entry["path"];
    if (!type || !path || path.text().empty()) return;
    if (type.text() == "user")
      refuse(Errc::unsupported, path,
             "the image's files are shown with the ids of a user namespace of the container's own; "
             "see linux.uidMappings");
    if (type.text() == "mount")
      refuse(Errc::unsupported, path, "what is mounted there would outlive the container");
  });
}

/// What the API has another way for, or none.
void check(const Field& spec, const oci::RuntimeSpec& base) {
  const Field version = spec["ociVersion"], root = spec["root"], path = root["path"];
  const Field process = spec["process"], terminal = process["terminal"];
  const Field hooks = spec["hooks"], section = spec["linux"], rdt = section["intelRdt"];
  if (version && !version.text().starts_with("1.")) version.refuse("1.x.y");
  if (path) path.refuse("no path: the image is the root file system");
  if (terminal && terminal.boolean() != base.process.terminal)
    terminal.refuse("what the option tty says");
  hooks.members([](std::string_view, const Field& kind) {
    kind.elements([](const Field& hook) {
      refuse(Errc::unsupported, hook,
             "hooks are told of a bundle, which a container of an image has not");
    });
  });
  if (rdt)
    refuse(Errc::unsupported, rdt, "its group would be left behind when the monitor is killed");
  check_namespaces(section["namespaces"]);
}

/// A list that is there replaces, also with nothing.
template <class T>
void keep_unless(const Field& field, T& now, const T& before) {
  if (!field) now = before;
}

/// What was there before comes first; an entry of the same name is replaced in its place.
template <class T, class Name>
void merge_by(Name name, std::vector<T>& now, std::vector<T> before) {
  for (T& entry : now) {
    const auto same = std::find_if(before.begin(), before.end(), [&](const T& other) {
      return std::string_view(name(other)) == std::string_view(name(entry));
    });
    if (same == before.end()) {
      before.push_back(std::move(entry));
    } else {
      *same = std::move(entry);
    }
  }
  now = std::move(before);
}

std::string_view variable_name(const std::string& variable) {
  return std::string_view(variable).substr(0, variable.find('='));
}

void apply_process(const Field& process, oci::Process& out) {
  const oci::Process base = out;
  out.args.clear();
  out.env.clear();
  out.rlimits.clear();
  out.user.additional_gids.clear();
  out.capabilities = {};
  oci::read_part(process, out);
  const Field user = process["user"], sets = process["capabilities"];
  keep_unless(process["args"], out.args, base.args);
  keep_unless(user["additionalGids"], out.user.additional_gids, base.user.additional_gids);
  keep_unless(sets["bounding"], out.capabilities.bounding, base.capabilities.bounding);
  keep_unless(sets["effective"], out.capabilities.effective, base.capabilities.effective);
  keep_unless(sets["inheritable"], out.capabilities.inheritable, base.capabilities.inheritable);
  keep_unless(sets["permitted"], out.capabilities.permitted, base.capabilities.permitted);
  keep_unless(sets["ambient"], out.capabilities.ambient, base.capabilities.ambient);
  merge_by(variable_name, out.env, base.env);
  merge_by(
      [](const oci::Rlimit& limit) -> auto& { return limit.type; }, out.rlimits, base.rlimits);
}

/// Values that nobody asked for give way to those that are asked for here.
void drop_defaults(const Field& resources, oci::Resources& out) {
  const Field memory = resources["memory"], cpu = resources["cpu"], pids = resources["pids"];
  if (out.memory.swap_is_default && memory["limit"]) out.memory.swap.reset();
  if (memory["limit"] || memory["swap"]) out.memory.swap_is_default = false;
  if (pids["limit"]) out.pids_limit_is_default = false;
  if (cpu["shares"]) out.cpu.weight.reset();
}

void apply_linux(const Field& section, oci::RuntimeSpec& out) {
  const std::vector<oci::Namespace> namespaces = std::exchange(out.namespaces, {});
  const std::vector<oci::IdMapping> uids = std::exchange(out.uid_mappings, {});
  const std::vector<oci::IdMapping> gids = std::exchange(out.gid_mappings, {});
  drop_defaults(section["resources"], out.resources);
  oci::read_linux(section, out);
  merge_by(
      [](const oci::Namespace& ns) -> auto& { return ns.type; }, out.namespaces, namespaces);
  keep_unless(section["uidMappings"], out.uid_mappings, uids);
  keep_unless(section["gidMappings"], out.gid_mappings, gids);
}

/// The monitor, which opens them, has no directory of its own.
void check_sources(const Field& mounts) {
  mounts.elements([](const Field& entry) {
    oci::Mount mount;
    oci::read(entry, mount);
    const Field source = entry["source"];
    const bool bind = mount.type == "bind" ||
                      std::any_of(mount.options.begin(), mount.options.end(),
                                  [](const auto& o) { return o == "bind" || o == "rbind"; });
    if (bind && source && !mount.source.starts_with('/')) source.refuse("an absolute path");
  });
}

}  // namespace

void apply_fragment(const std::string& fragment, oci::RuntimeSpec& out) {
  if (fragment.empty()) return;
  const boost::json::value document = oci::parse_spec_document(fragment, option);
  const oci::SpecDocument shared{option};
  const Field spec(shared, {}, document);
  check(spec, out);
  check_sources(spec["mounts"]);
  const Field root = spec["root"];
  read(root["readonly"], out.root_readonly);
  read(spec["hostname"], out.hostname);
  read(spec["domainname"], out.domainname);
  read(spec["annotations"], out.annotations);
  read(spec["mounts"], out.mounts);
  apply_process(spec["process"], out.process);
  apply_linux(spec["linux"], out);
}

}  // namespace containerlib::runtime
