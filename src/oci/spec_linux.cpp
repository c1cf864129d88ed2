#include <algorithm>

#include "oci/spec_names.hpp"
#include "oci/spec_sections.hpp"

// `linux` (config-linux.md).
namespace containerlib::oci {
namespace bj = boost::json;
namespace {

void read_namespaces(const Field& namespaces, std::vector<Namespace>& out) {
  namespaces.elements([&](const Field& entry) {
    const Field type = entry.required("type"), path = entry["path"];
    Namespace added{.type = required_name(type, names::namespaces), .path = {}};
    read(path, added.path);
    if (!added.path.empty()) added.path = absolute_path(path);
    for (const Namespace& earlier : out)
      if (earlier.type == added.type) type.refuse("each type once");
    out.push_back(std::move(added));
  });
}

/// Engines also write the names of mount(8) that mean "and all below"; for the root that is always
/// so, a mount below it that still propagates would undo the setting.
void read_propagation(const Field& field, std::string& out) {
  read(field, out);
  if (out.starts_with("r") && out != "r") {
    const std::string_view plain = std::string_view(out).substr(1);
    if (std::find(std::begin(names::propagations), std::end(names::propagations), plain) !=
        std::end(names::propagations)) {
      out.erase(0, 1);
      return;
    }
  }
  read_name(field, names::propagations, out);
}

void read_time_offsets(const Field& offsets, RuntimeSpec& out) {
  offsets.members([&](std::string_view clock, const Field& offset) {
    if (clock != "monotonic" && clock != "boottime")
      offset.refuse("the clock monotonic or boottime");
    TimeOffset& read_one =
        (clock == "monotonic" ? out.monotonic_offset : out.boottime_offset).emplace();
    read(offset["secs"], read_one.seconds);
    read_range(offset["nanosecs"], 0, 999'999'999, read_one.nanoseconds);
  });
}

/// dev_valid_name() of the kernel: 15 bytes, no slash, colon or space.
bool is_interface(std::string_view name) {
  return !name.empty() && name.size() < 16 && name != "." && name != ".." &&
         name.find_first_of("/: \t\n\v\f\r") == name.npos;
}

void read_net_devices(const Field& devices, std::map<std::string, std::string>& out) {
  devices.members([&](std::string_view host, const Field& device) {
    const Field name = device["name"];
    std::string inside(host);
    if (std::string given; read(name, given), !given.empty()) inside = std::move(given);
    if (!is_interface(host)) device.refuse("the name of a network interface as the key");
    if (!is_interface(inside)) name.refuse("the name of a network interface");
    out.emplace(host, std::move(inside));
  });
}

void read_personality(const Field& personality, std::optional<Personality>& out) {
  if (!personality) return;
  out.emplace().domain = required_name(personality.required("domain"), names::personality_domains);
  personality["flags"].elements(
      [](const Field& flag) { flag.refuse("no flag: the specification has none yet"); });
}

void read_memory_policy(const Field& policy, std::optional<MemoryPolicy>& out) {
  if (!policy) return;
  out.emplace().mode = required_name(policy.required("mode"), names::memory_policies);
  read_number_list(policy["nodes"], out->nodes);
  read_names(policy["flags"], names::memory_policy_flags, out->flags);
}

void refuse_newline(const Field& field, const std::string& text) {
  if (text.find('\n') != text.npos) field.refuse("a single line");
}

bool is_directory_name(std::string_view name) {
  return name != "." && name != ".." && name.find('/') == name.npos;
}

void read_intel_rdt(const Field& rdt, std::optional<IntelRdt>& out) {
  if (!rdt) return;
  out.emplace();
  const Field clos = rdt["closID"], bandwidth = rdt["memBwSchema"];
  read(clos, out->clos_id);
  if (out->clos_id == "") out->clos_id.reset();
  if (out->clos_id && *out->clos_id != "/" && !is_directory_name(*out->clos_id))
    clos.refuse("\"/\" or the name of one directory");
  rdt["schemata"].elements(
      [&](const Field& line) { refuse_newline(line, out->schemata.emplace_back(line.text())); });
  read(rdt["l3CacheSchema"], out->l3_cache_schema);
  read(bandwidth, out->mem_bw_schema);
  if (!out->mem_bw_schema.empty() && !out->mem_bw_schema.starts_with("MB:"))
    bandwidth.refuse("a schema that begins with MB:");
  refuse_newline(bandwidth, out->mem_bw_schema);
  read(rdt["enableMonitoring"], out->enable_monitoring);
}

void read_absolute_paths(const Field& paths, std::vector<std::string>& out) {
  paths.elements([&](const Field& path) { out.push_back(absolute_path(path)); });
}

bj::object time_offsets_json(const RuntimeSpec& spec) {
  bj::object out;
  const auto put_clock = [&](const char* clock, const std::optional<TimeOffset>& offset) {
    if (offset) out[clock] = {{"secs", offset->seconds}, {"nanosecs", offset->nanoseconds}};
  };
  put_clock("monotonic", spec.monotonic_offset);
  put_clock("boottime", spec.boottime_offset);
  return out;
}

bj::object net_devices_json(const std::map<std::string, std::string>& devices) {
  bj::object out;
  for (const auto& [host, inside] : devices) out[host] = {{"name", inside}};
  return out;
}

}  // namespace

// Not in the unnamed namespace: the templates find these by their argument.

static void read(const Field& device, Device& out) {
  const Field type = device.required("type");
  const std::string letter = type.text();
  if (letter.size() != 1 || std::string_view("cbup").find(letter) == std::string_view::npos)
    type.refuse("c, b, u or p");
  out.type = letter[0];
  out.path = absolute_path(device.required("path"));
  // A device number of Linux has 12 and 20 bits; a FIFO has none.
  if (out.type != 'p') {
    read_range(device.required("major"), 0, 4095, out.major);
    read_range(device.required("minor"), 0, 1048575, out.minor);
  }
  // Engines also write the bits of stat(2) for the type, which `type` already tells.
  read_range(device["fileMode"], 0, 0177777, out.file_mode);
  if (out.file_mode) *out.file_mode &= 07777;
  read(device["uid"], out.uid);
  read(device["gid"], out.gid);
}

static bj::object json_of(const Namespace& entry) {
  bj::object out{{"type", entry.type}};
  put(out, "path", entry.path);
  return out;
}

static bj::object json_of(const Device& device) {
  bj::object out{{"type", std::string(1, device.type)}, {"path", device.path}};
  if (device.type != 'p') {
    out["major"] = device.major;
    out["minor"] = device.minor;
  }
  put(out, "fileMode", device.file_mode);
  put(out, "uid", device.uid);
  put(out, "gid", device.gid);
  return out;
}

static bj::object json_of(const Personality& personality) {
  return {{"domain", personality.domain}};
}

static bj::object json_of(const MemoryPolicy& policy) {
  bj::object out{{"mode", policy.mode}};
  put(out, "nodes", policy.nodes);
  put(out, "flags", policy.flags);
  return out;
}

static bj::object json_of(const IntelRdt& rdt) {
  bj::object out;
  put(out, "closID", rdt.clos_id);
  put(out, "schemata", rdt.schemata);
  put(out, "l3CacheSchema", rdt.l3_cache_schema);
  put(out, "memBwSchema", rdt.mem_bw_schema);
  put(out, "enableMonitoring", rdt.enable_monitoring);
  return out;
}

void read_linux(const Field& section, RuntimeSpec& out) {
  read_namespaces(section["namespaces"], out.namespaces);
  read(section["uidMappings"], out.uid_mappings);
  read(section["gidMappings"], out.gid_mappings);
  read_time_offsets(section["timeOffsets"], out);
  read(section["devices"], out.devices);
  read_net_devices(section["netDevices"], out.net_devices);
  read(section["cgroupsPath"], out.cgroups_path);
  if (const Field resources = section["resources"]) read(resources, out.resources);
  read_propagation(section["rootfsPropagation"], out.rootfs_propagation);
  if (const Field seccomp = section["seccomp"]) read(seccomp, out.seccomp_profile.emplace());
  read(section["sysctl"], out.sysctl);
  read_absolute_paths(section["maskedPaths"], out.masked_paths);
  read_absolute_paths(section["readonlyPaths"], out.readonly_paths);
  read(section["mountLabel"], out.mount_label);
  read_personality(section["personality"], out.personality);
  read_memory_policy(section["memoryPolicy"], out.memory_policy);
  read_intel_rdt(section["intelRdt"], out.intel_rdt);
}

bj::object linux_json(const RuntimeSpec& spec) {
  bj::object out;
  put(out, "namespaces", spec.namespaces);
  put(out, "uidMappings", spec.uid_mappings);
  put(out, "gidMappings", spec.gid_mappings);
  put(out, "timeOffsets", time_offsets_json(spec));
  put(out, "devices", spec.devices);
  put(out, "netDevices", net_devices_json(spec.net_devices));
  put(out, "cgroupsPath", spec.cgroups_path);
  put(out, "resources", json_of(spec.resources));
  put(out, "rootfsPropagation", spec.rootfs_propagation);
  put(out, "seccomp", spec.seccomp_profile);
  put(out, "sysctl", spec.sysctl);
  put(out, "maskedPaths", spec.masked_paths);
  put(out, "readonlyPaths", spec.readonly_paths);
  put(out, "mountLabel", spec.mount_label);
  put(out, "personality", spec.personality);
  put(out, "memoryPolicy", spec.memory_policy);
  put(out, "intelRdt", spec.intel_rdt);
  return out;
}

}  // namespace containerlib::oci
