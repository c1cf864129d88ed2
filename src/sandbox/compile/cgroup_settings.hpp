#pragma once
#include <string>
#include <vector>

#include "linux/host_facts.hpp"
#include "oci/resources.hpp"

namespace containerlib::sandbox {

/// What is written to one control file of a container's group.
struct Setting {
  std::string controller;  ///< as HostFacts names it; empty: no controller's, but of any v2 group
  std::string field;       ///< what asked for it: "linux.resources.memory.limit"
  std::string file, value;
  bool optional = false;  ///< a missing file is no error
  /// Written instead where `file` is missing; empty: none.
  std::string other_file = {}, other_value = {};
};

/// linux.resources without its device rules, for the version that has each controller here, in the
/// order in which it can be written to a new group. Pure. Throws invalid_option (the field) for
/// what contradicts itself, and unsupported (the field, with the reason) for what cannot be set
/// here.
std::vector<Setting> cgroup_settings(const oci::Resources&, const sys::CgroupFacts&);

/// cpu.weight of the same worth as cpu.shares.
std::uint64_t weight_of_shares(std::uint64_t shares);

/// Collects settings; the parts of cgroup_settings() add to it.
class SettingList {
 public:
  explicit SettingList(const sys::CgroupFacts& facts) : facts_(facts) {}

  /// Whether this controller is one of v2 here; also when there is none at all.
  bool v2(const char* controller) const;
  /// Throws where the controller cannot be used. `field` without "linux.resources.".
  Setting& add(const char* controller, const std::string& field, std::string file,
               std::string value);
  /// A file of v2 that is named by the user; its controller may be one that facts do not tell of.
  void add_file(const std::string& controller, const std::string& field, std::string file,
                std::string value);
  [[noreturn]] void refuse(const std::string& field, const std::string& reason) const;
  [[noreturn]] void reject(const std::string& field, const std::string& reason) const;
  const sys::CgroupFacts& facts() const { return facts_; }
  std::vector<Setting> take() { return std::move(settings_); }

 private:
  const sys::CgroupFacts& facts_;
  std::vector<Setting> settings_;
};

void add_block(SettingList&, const oci::BlockLimits&);
void add_hugepages(SettingList&, const std::vector<oci::HugepageLimit>&);
void add_rdma(SettingList&, const std::map<std::string, oci::RdmaLimit>&);
void add_network(SettingList&, const oci::NetworkLimits&);
void add_unified(SettingList&, const std::map<std::string, std::string>&);

}  // namespace containerlib::sandbox
