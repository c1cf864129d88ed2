#include "oci/features.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "oci/runtime_spec_json.hpp"

namespace oci = containerlib::oci;

TEST_CASE("the features document has every field, whatever its value") {
  oci::Features none;
  none.annotations = {{"key", "value"}};
  CHECK(oci::to_json(none) ==
        R"({"ociVersionMin":"","ociVersionMax":"","hooks":[],"mountOptions":[],"linux":{)"
        R"("namespaces":[],"capabilities":[],)"
        R"("cgroup":{"v1":false,"v2":false,"systemd":false,"systemdUser":false,"rdma":false},)"
        R"("seccomp":{"enabled":false,"actions":[],"operators":[],"archs":[],"knownFlags":[],)"
        R"("supportedFlags":[]},"apparmor":{"enabled":false},"selinux":{"enabled":false},)"
        R"("memoryPolicy":{"modes":[],"flags":[]},)"
        R"("intelRdt":{"enabled":false,"schemata":false,"monitoring":false},)"
        R"("mountExtensions":{"idmap":{"enabled":false}},"netDevices":{"enabled":false}},)"
        R"("annotations":{"key":"value"},"potentiallyUnsafeConfigAnnotations":[]})");
}

TEST_CASE("the parser knows every name that the features list") {
  const oci::Features features = oci::features_of_this_library();
  const oci::LinuxFeatures& here = features.linux_features;
  oci::RuntimeSpec spec;
  spec.root_path = "rootfs";
  spec.process.args = {"sh"};
  spec.process.capabilities.bounding = here.capabilities;
  for (const std::string& name : here.namespaces) spec.namespaces.push_back({name, {}});
  oci::SeccompProfile& seccomp = spec.seccomp_profile.emplace();
  seccomp.default_action = "SCMP_ACT_ALLOW";
  seccomp.architectures = here.seccomp.archs;
  seccomp.flags = here.seccomp.known_flags;
  for (const std::string& action : here.seccomp.actions)
    seccomp.syscalls.push_back({{"read"}, action, {}, {}});
  for (const std::string& op : here.seccomp.operators)
    seccomp.syscalls[0].args.push_back({0, 0, 0, op});
  for (const std::string& version : {features.oci_version_min, features.oci_version_max})
    for (const std::string& mode : here.memory_policy.modes) {
      spec.oci_version = version;
      spec.memory_policy = oci::MemoryPolicy{mode, {}, here.memory_policy.flags};
      CHECK_NOTHROW(oci::parse_runtime_spec(oci::to_json(spec), "config.json"));
    }
  CHECK(here.capabilities.size() == 41);
  CHECK(here.namespaces.size() == 8);
  CHECK(std::is_sorted(features.mount_options.begin(), features.mount_options.end()));
}
