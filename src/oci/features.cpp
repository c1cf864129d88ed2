#include "oci/features.hpp"

#include <boost/json/serialize.hpp>

#include "oci/spec_write.hpp"

namespace containerlib::oci {
namespace bj = boost::json;
namespace {

bj::array texts(const std::vector<std::string>& from) {
  bj::array out;
  for (const std::string& text : from) out.emplace_back(text);
  return out;
}

bj::object enabled(bool value) { return {{"enabled", value}}; }

bj::object json_of(const CgroupFeatures& cgroup) {
  return {{"v1", cgroup.v1},
          {"v2", cgroup.v2},
          {"systemd", cgroup.systemd},
          {"systemdUser", cgroup.systemd_user},
          {"rdma", cgroup.rdma}};
}

bj::object json_of(const SeccompFeatures& seccomp) {
  return {{"enabled", seccomp.enabled},
          {"actions", texts(seccomp.actions)},
          {"operators", texts(seccomp.operators)},
          {"archs", texts(seccomp.archs)},
          {"knownFlags", texts(seccomp.known_flags)},
          {"supportedFlags", texts(seccomp.supported_flags)}};
}

bj::object json_of(const LinuxFeatures& from) {
  const IntelRdtFeatures& rdt = from.intel_rdt;
  return {
      {"namespaces", texts(from.namespaces)},
      {"capabilities", texts(from.capabilities)},
      {"cgroup", json_of(from.cgroup)},
      {"seccomp", json_of(from.seccomp)},
      {"apparmor", enabled(from.apparmor)},
      {"selinux", enabled(from.selinux)},
      {"memoryPolicy",
       {{"modes", texts(from.memory_policy.modes)}, {"flags", texts(from.memory_policy.flags)}}},
      {"intelRdt",
       {{"enabled", rdt.enabled}, {"schemata", rdt.schemata}, {"monitoring", rdt.monitoring}}},
      {"mountExtensions", bj::object{{"idmap", enabled(from.idmap_mounts)}}},
      {"netDevices", enabled(from.net_devices)}};
}

}  // namespace

std::string to_json(const Features& features) {
  bj::object annotations;
  for (const auto& [key, value] : features.annotations) annotations[key] = value;
  return bj::serialize(bj::object{{"ociVersionMin", features.oci_version_min},
                                  {"ociVersionMax", features.oci_version_max},
                                  {"hooks", texts(features.hooks)},
                                  {"mountOptions", texts(features.mount_options)},
                                  {"linux", json_of(features.linux_features)},
                                  {"annotations", std::move(annotations)},
                                  {"potentiallyUnsafeConfigAnnotations",
                                   texts(features.potentially_unsafe_config_annotations)}});
}

}  // namespace containerlib::oci
