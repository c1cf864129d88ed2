#include "sandbox/compile/mount_options.hpp"

#include <doctest/doctest.h>

#include "linux/syscalls.hpp"
#include "oci/features.hpp"

using namespace containerlib;
using namespace containerlib::sys;
using sandbox::MountOptions;
using sandbox::parse_mount_options;

namespace {

struct AttributeCase {
  const char* option;
  std::uint64_t set, clear;
};
// config.md, "Linux mount options", as mount_setattr(2) has them.
constexpr AttributeCase attributes[] = {{"ro", mount_rdonly, 0},
                                        {"rw", 0, mount_rdonly},
                                        {"suid", 0, mount_nosuid},
                                        {"nosuid", mount_nosuid, 0},
                                        {"dev", 0, mount_nodev},
                                        {"nodev", mount_nodev, 0},
                                        {"exec", 0, mount_noexec},
                                        {"noexec", mount_noexec, 0},
                                        {"symfollow", 0, mount_nosymfollow},
                                        {"nosymfollow", mount_nosymfollow, 0},
                                        {"diratime", 0, mount_nodiratime},
                                        {"nodiratime", mount_nodiratime, 0},
                                        {"atime", 0, mount_atime_mask},
                                        {"noatime", mount_noatime, mount_atime_mask},
                                        {"relatime", 0, mount_atime_mask},
                                        {"norelatime", 0, 0},
                                        {"strictatime", mount_strictatime, mount_atime_mask},
                                        {"nostrictatime", 0, mount_atime_mask}};

bool nothing_but(const MountOptions& o, bool own, bool recursive) {
  return o.own.any() == own && o.recursive.any() == recursive && o.propagation == 0 &&
         o.superblock.empty() && o.data.empty() && !o.bind && !o.remount && !o.copy_up && !o.idmap;
}

}  // namespace

TEST_CASE("every attribute of a mount, for itself and for all below it") {
  for (const AttributeCase& c : attributes) {
    const std::string option = c.option;
    const std::uint64_t set = c.set, clear = c.clear;
    CAPTURE(option);
    const MountOptions own = parse_mount_options({option});
    CHECK(own.own.set == set);
    CHECK(own.own.clear == clear);
    CHECK(nothing_but(own, set || clear, false));
    const MountOptions all = parse_mount_options({"r" + option});
    CHECK(all.recursive.set == set);
    CHECK(all.recursive.clear == clear);
    CHECK(nothing_but(all, false, set || clear));
  }
}

TEST_CASE("every propagation of a mount") {
  const std::pair<const char*, std::uint64_t> cases[] = {{"shared", propagate_shared},
                                                         {"slave", propagate_slave},
                                                         {"private", propagate_private},
                                                         {"unbindable", propagate_unbindable}};
  for (const auto& c : cases) {
    const std::string option = c.first;
    const std::uint64_t type = c.second;
    CAPTURE(option);
    CHECK(parse_mount_options({option}).propagation == type);
    CHECK(parse_mount_options({"r" + option}).propagation == type);
    bool recursive = true;
    CHECK(sandbox::propagation_named(option, recursive) == type);
    CHECK_FALSE(recursive);
    CHECK(sandbox::propagation_named("r" + option, recursive) == type);
    CHECK(recursive);
  }
}

TEST_CASE("options of the superblock go to the file system by their names") {
  for (const char* option :
       {"sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand"}) {
    CAPTURE(option);
    const MountOptions o = parse_mount_options({option});
    CHECK(o.superblock == std::vector<std::string>{option});
    CHECK(o.data.empty());
  }
}

TEST_CASE("options that ask for what is done anyway") {
  for (const char* option : {"defaults", "silent", "loud", "iversion", "noiversion"}) {
    CAPTURE(option);
    CHECK(nothing_but(parse_mount_options({option}), false, false));
  }
}

TEST_CASE("options that say what kind of mount it is") {
  CHECK(parse_mount_options({"bind"}).bind);
  CHECK_FALSE(parse_mount_options({"bind"}).bind_recursive);
  CHECK(parse_mount_options({"rbind"}).bind);
  CHECK(parse_mount_options({"rbind", "bind"}).bind_recursive);
  CHECK(parse_mount_options({"remount"}).remount);
  CHECK(parse_mount_options({"tmpcopyup"}).copy_up);
  CHECK(parse_mount_options({"idmap"}).idmap);
  CHECK_FALSE(parse_mount_options({"idmap"}).idmap_recursive);
  CHECK(parse_mount_options({"ridmap"}).idmap);
  CHECK(parse_mount_options({"ridmap"}).idmap_recursive);
}

TEST_CASE("of options that contradict each other the later one is done") {
  const MountOptions rw = parse_mount_options({"ro", "rw"});
  CHECK(rw.own.set == 0);
  CHECK(rw.own.clear == mount_rdonly);
  CHECK_FALSE(rw.read_only());
  const MountOptions ro = parse_mount_options({"rw", "ro"});
  CHECK(ro.own.set == mount_rdonly);
  CHECK(ro.own.clear == 0);
  CHECK(ro.read_only());
  CHECK(parse_mount_options({"rro"}).read_only());
  const MountOptions time = parse_mount_options({"noatime", "strictatime"});
  CHECK(time.own.set == mount_strictatime);
  CHECK(time.own.clear == mount_atime_mask);
  CHECK(parse_mount_options({"noatime", "relatime"}).own.set == 0);
  CHECK(parse_mount_options({"rshared", "rslave"}).propagation == propagate_slave);
}

TEST_CASE("what is not in the table is the file system's") {
  const std::vector<std::string> data = {"size=64k", "mode=755", "rsize=1", "r", ""};
  CHECK(parse_mount_options(data).data == data);
}

TEST_CASE("every option that the command says it knows is in the table") {
  for (const std::string& option : oci::features_of_this_library().mount_options)
    CHECK_MESSAGE(parse_mount_options({option}).data.empty(), option);
}
