#include "sandbox/compile/mount_options.hpp"

#include <algorithm>
#include <iterator>

#include "linux/syscalls.hpp"

namespace containerlib::sandbox {
namespace {

using namespace sys;

struct Attribute {
  const char* name;  ///< with an "r" before it, recursive
  std::uint64_t set, clear;
};
// The access time is one field of several bits (mount_setattr(2)): it is cleared to be set. What
// neither noatime nor strictatime is, is relatime, the kernel's default; so "norelatime" alone says
// nothing, as to mount(8).
constexpr Attribute attributes[] = {{"ro", mount_rdonly, 0},
                                    {"rw", 0, mount_rdonly},
                                    {"nosuid", mount_nosuid, 0},
                                    {"suid", 0, mount_nosuid},
                                    {"nodev", mount_nodev, 0},
                                    {"dev", 0, mount_nodev},
                                    {"noexec", mount_noexec, 0},
                                    {"exec", 0, mount_noexec},
                                    {"nosymfollow", mount_nosymfollow, 0},
                                    {"symfollow", 0, mount_nosymfollow},
                                    {"nodiratime", mount_nodiratime, 0},
                                    {"diratime", 0, mount_nodiratime},
                                    {"noatime", mount_noatime, mount_atime_mask},
                                    {"atime", 0, mount_atime_mask},
                                    {"relatime", 0, mount_atime_mask},
                                    {"norelatime", 0, 0},
                                    {"strictatime", mount_strictatime, mount_atime_mask},
                                    {"nostrictatime", 0, mount_atime_mask}};

struct Propagation {
  const char* name;  ///< likewise
  std::uint64_t type;
};
constexpr Propagation propagations[] = {{"shared", propagate_shared},
                                        {"slave", propagate_slave},
                                        {"private", propagate_private},
                                        {"unbindable", propagate_unbindable}};

constexpr const char* superblock_flags[] = {"sync",       "async", "dirsync", "lazytime",
                                            "nolazytime", "mand",  "nomand"};

// fsopen(2) keeps a file system's messages out of the kernel's log, and change counters are always
// on where a file system has them (ext4 since Linux 6.1, XFS, Btrfs): there is no fsconfig(2) for
// these.
constexpr const char* without_effect[] = {"defaults", "silent", "loud", "iversion", "noiversion"};

struct Switch {
  const char* name;
  bool MountOptions::*field;
};
constexpr Switch switches[] = {
    {"bind", &MountOptions::bind},       {"rbind", &MountOptions::bind_recursive},
    {"remount", &MountOptions::remount}, {"tmpcopyup", &MountOptions::copy_up},
    {"idmap", &MountOptions::idmap},     {"ridmap", &MountOptions::idmap_recursive}};

template <class Table>
auto* find(const Table& table, const std::string& name) {
  const auto it = std::find_if(std::begin(table), std::end(table),
                               [&](const auto& row) { return name == row.name; });
  return it == std::end(table) ? nullptr : &*it;
}

bool is_one_of(const auto& names, const std::string& name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

void apply(AttributeChange& change, const Attribute& a) {
  change.set = (change.set & ~a.clear) | a.set;
  change.clear = (change.clear & ~(a.set & ~mount_atime_mask)) | a.clear;
}

void parse_one(MountOptions& out, const std::string& option) {
  // "ro" has an r too: the whole name goes first.
  const std::string rest = option.starts_with('r') ? option.substr(1) : "";
  if (const Attribute* a = find(attributes, option)) return apply(out.own, *a);
  if (const Attribute* a = find(attributes, rest)) return apply(out.recursive, *a);
  bool recursive;
  if (const std::uint64_t type = propagation_named(option, recursive)) {
    out.propagation = type;
  } else if (const Switch* s = find(switches, option)) {
    out.*(s->field) = true;
  } else if (is_one_of(superblock_flags, option)) {
    out.superblock.push_back(option);
  } else if (!is_one_of(without_effect, option)) {
    out.data.push_back(option);
  }
}

}  // namespace

bool MountOptions::read_only() const { return (own.set | recursive.set) & mount_rdonly; }

MountOptions parse_mount_options(const std::vector<std::string>& options) {
  MountOptions out;
  for (const std::string& option : options) parse_one(out, option);
  out.bind |= out.bind_recursive;
  out.idmap |= out.idmap_recursive;
  return out;
}

std::uint64_t propagation_named(const std::string& name, bool& recursive) {
  recursive = name.starts_with('r');
  const Propagation* p = find(propagations, recursive ? name.substr(1) : name);
  return p ? p->type : 0;
}

}  // namespace containerlib::sandbox
