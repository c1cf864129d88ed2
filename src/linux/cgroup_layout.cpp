#include "linux/cgroup_layout.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "linux/text.hpp"

namespace containerlib::sys {
namespace {

constexpr const char* directory_name = "/containerlib";

struct ControllerName {
  const char* name;
  const char* v1_name;
};
constexpr ControllerName limiting[] = {
    {"memory", "memory"}, {"cpu", "cpu"},         {"cpuset", "cpuset"}, {"pids", "pids"},
    {"io", "blkio"},      {"hugetlb", "hugetlb"}, {"rdma", "rdma"}};
/// v2 has no such controllers.
constexpr const char* of_v1_only[] = {"devices", "net_cls", "net_prio"};
// What a v2 group does without a controller: freezing, and CPU time. Wanted only where there is
// none.
constexpr ControllerName accounting[] = {{"freezer", "freezer"}, {"cpuacct", "cpuacct"}};

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

struct Search {
  const CgroupTree& tree;
  uid_t uid;
  std::vector<CgroupMount> mounts;
  std::vector<CgroupMembership> own;

  /// A mount may be covered by another one: then its point shows something else.
  bool visible(const CgroupMount& mount) const {
    return tree.exists(mount.point + "/cgroup.procs");
  }
  const CgroupMount* v2_mount() const {
    for (const CgroupMount& mount : mounts)
      if (mount.version == 2 && visible(mount)) return &mount;
    return nullptr;
  }
  const CgroupMount* v1_mount(const char* controller) const {
    for (const CgroupMount& mount : mounts)
      if (contains(mount.controllers, controller) && visible(mount)) return &mount;
    return nullptr;
  }
  std::string not_writable(const CgroupMount& mount) const {
    if (mount.read_only) return mount.point + " is mounted read-only";
    return "not delegated to uid " + std::to_string(uid);
  }
};

/// The mount's root, then our own group and those above it.
std::vector<std::string> candidates(const CgroupMount& mount, const std::string& own_group) {
  std::vector<std::string> result = {mount.point};
  std::string directory = directory_of(mount, own_group);
  while (directory.size() > mount.point.size()) {
    result.push_back(directory);
    directory.resize(directory.rfind('/'));
  }
  return result;
}

// v2 -------------------------------------------------------------------------------------------

bool delegated(const CgroupTree& tree, const std::string& directory) {
  // The kernel asks for cgroup.procs of the group that source and target have in common.
  return tree.writable(directory) && tree.writable(directory + "/cgroup.procs") &&
         tree.writable(directory + "/cgroup.subtree_control");
}

bool can_give_controllers(const CgroupTree& tree, const std::string& directory) {
  const std::optional<std::string> type = tree.read(directory + "/cgroup.type");
  if (!type) return true;  // the root of the hierarchy, which may hold processes
  return *type == "domain\n" && tree.read(directory + "/cgroup.procs") == "";
}

struct Place {
  std::string parent;  ///< empty: none
  std::string reason;  ///< why not, or why it gives no controllers
  bool gives_controllers = false;
};

Place find_v2_place(const Search& search, const CgroupMount& mount) {
  std::string own;
  for (const CgroupMembership& membership : search.own)
    if (membership.unified) own = membership.path;
  Place place;
  for (const std::string& directory : candidates(mount, own)) {
    if (!delegated(search.tree, directory)) continue;
    if (can_give_controllers(search.tree, directory)) return {directory, {}, true};
    if (place.parent.empty())
      place = {directory, directory + " holds processes, so it cannot give controllers", false};
  }
  if (place.parent.empty()) place.reason = search.not_writable(mount);
  return place;
}

Controller v2_controller(const Search& search, const Place& place, const char* name) {
  Controller controller = {.name = name, .version = 0, .base = {}, .reason = place.reason};
  if (place.parent.empty()) return controller;
  const std::string list = place.parent + "/cgroup.controllers";
  const std::string available = search.tree.read(list).value_or("");
  for (const std::string_view line : lines(available)) {
    const std::vector<std::string_view> offered = words(line);
    if (std::find(offered.begin(), offered.end(), name) == offered.end()) continue;
    if (!place.gives_controllers) return controller;
    return {.name = name, .version = 2, .base = place.parent + directory_name, .reason = {}};
  }
  controller.reason = "not in cgroup.controllers of " + place.parent;
  return controller;
}

// v1 -------------------------------------------------------------------------------------------

Controller v1_controller(const Search& search, const CgroupMount& mount, ControllerName name) {
  std::string own;
  for (const CgroupMembership& membership : search.own)
    if (contains(membership.controllers, name.v1_name)) own = membership.path;
  for (const std::string& directory : candidates(mount, own))
    if (search.tree.writable(directory))
      return {.name = name.name,
              .version = 1,
              .base = directory + directory_name,
              .reason = {},
              .hierarchy = mount.point.substr(mount.point.rfind('/') + 1),
              .mount = mount.point};
  return {.name = name.name, .version = 0, .base = {}, .reason = search.not_writable(mount)};
}

CgroupFacts decide(const Search& search) {
  CgroupFacts facts;
  const CgroupMount* v2 = search.v2_mount();
  Place place = {.parent = {}, .reason = "not mounted", .gives_controllers = false};
  if (v2) place = find_v2_place(search, *v2);
  if (!place.parent.empty()) facts.unified = place.parent + directory_name;
  if (facts.unified.empty()) facts.unified_reason = place.reason;
  if (v2) facts.unified_mount = v2->point;

  bool any_v1 = false;
  for (const ControllerName& name : limiting) {
    const CgroupMount* v1 = search.v1_mount(name.v1_name);
    any_v1 = any_v1 || v1;
    facts.controllers.push_back(v1 ? v1_controller(search, *v1, name)
                                   : v2_controller(search, place, name.name));
  }
  for (const char* name : of_v1_only) {
    const CgroupMount* v1 = search.v1_mount(name);
    any_v1 = any_v1 || v1;
    if (v1) facts.controllers.push_back(v1_controller(search, *v1, {name, name}));
  }
  for (const ControllerName& name : accounting) {
    const CgroupMount* v1 = search.v1_mount(name.v1_name);
    any_v1 = any_v1 || v1;
    if (v1 && facts.unified.empty()) facts.controllers.push_back(v1_controller(search, *v1, name));
  }

  using Layout = CgroupFacts::Layout;
  if (v2) facts.layout = any_v1 ? Layout::hybrid : Layout::v2;
  if (!v2 && any_v1) facts.layout = Layout::v1;
  return facts;
}

class HostCgroupTree final : public CgroupTree {
 public:
  std::optional<std::string> read(const std::string& file) const override {
    return read_host_file(file);
  }
  bool exists(const std::string& path) const override { return ::access(path.c_str(), F_OK) == 0; }
  bool writable(const std::string& path) const override {
    return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
  }
};

}  // namespace

CgroupFacts no_cgroups(const CgroupFacts& found) {
  const std::string reason = "the cgroup manager is disabled";
  CgroupFacts facts;
  facts.layout = found.layout;
  facts.unified_reason = reason;
  facts.manager = CgroupFacts::Manager::nobody;
  for (const Controller& controller : found.controllers)
    facts.controllers.push_back({controller.name, 0, {}, reason});
  return facts;
}

CgroupFacts find_cgroups(std::string_view mountinfo, std::string_view own_groups, uid_t uid,
                         const CgroupTree& tree) {
  return decide({tree, uid, parse_cgroup_mounts(mountinfo), parse_cgroup_memberships(own_groups)});
}

CgroupFacts find_cgroups_at(const std::string& group) {
  return find_cgroups(read_host_file("/proc/thread-self/mountinfo").value_or(""),
                      "0::" + group + '\n', ::geteuid(), HostCgroupTree());
}

CgroupFacts find_cgroups() {
  return find_cgroups(read_host_file("/proc/thread-self/mountinfo").value_or(""),
                      read_host_file("/proc/thread-self/cgroup").value_or(""), ::geteuid(),
                      HostCgroupTree());
}

}  // namespace containerlib::sys
