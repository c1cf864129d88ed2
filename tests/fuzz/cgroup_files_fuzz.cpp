// /proc/self/mountinfo and /proc/self/cgroup, whose paths whoever mounts has chosen:
// "mountinfo--\ncgroup".
#include "linux/cgroup_layout.hpp"

#include "fuzz/fuzz.hpp"

using namespace containerlib::sys;

namespace {

/// Every directory is there and may be written; the files of all say the same.
struct AnyTree : CgroupTree {
  std::string content;
  std::optional<std::string> read(const std::string&) const override { return content; }
  bool exists(const std::string&) const override { return true; }
  bool writable(const std::string&) const override { return true; }
};

}  // namespace

void fuzz::one(std::string_view input) {
  const std::string_view mountinfo = take_part(input), groups = take_part(input);
  AnyTree tree;
  tree.content = take_part(input);
  for (const CgroupMount& mount : parse_cgroup_mounts(mountinfo))
    for (const CgroupMembership& group : parse_cgroup_memberships(groups)) {
      const std::string directory = directory_of(mount, group.path);
      require(directory.starts_with(mount.point) || directory.empty(),
              "a group is below its mount");
    }
  for (const uid_t uid : {0u, 1000u}) (void)find_cgroups(mountinfo, groups, uid, tree);
}
