#include "criu/restore_plan.hpp"

#include <doctest/doctest.h>

#include "sandbox/compile.hpp"

using namespace containerlib;

namespace {

sys::HostFacts root_host() {
  sys::HostFacts facts;
  facts.capabilities = 0xff;
  facts.user_namespaces = facts.idmapped_mounts = facts.overlay = true;
  return facts;
}

oci::RuntimeSpec container(bool user_namespace) {
  oci::RuntimeSpec spec;
  spec.id = "0123456789abcdef";
  spec.process.args = {"sh"};
  spec.process.no_new_privileges = true;
  spec.namespaces = {{"pid", {}}, {"mount", {}}, {"network", {}}};
  if (user_namespace) {
    spec.namespaces.push_back({"user", {}});
    spec.uid_mappings = spec.gid_mappings = {{0, 700000, 65536}};
  }
  oci::Mount bind;
  bind.destination = "/data";
  bind.type = "bind";
  bind.source = "/srv/data";
  bind.options = {"rbind", "rro"};
  bind.idmap = user_namespace;
  spec.mounts = {{"/proc", "proc", "proc", {}}, bind, {"/tmp", "tmpfs", "tmpfs", {}}};
  spec.masked_paths = {"/proc/kcore"};
  return spec;
}

std::string plan(bool user_namespace) {
  const oci::RuntimeSpec spec = container(user_namespace);
  const sys::HostFacts facts = root_host();
  const sandbox::OverlayRoot root{"/store", {"1"}, "containers/ID"};
  return sandbox::print(criu::restore_plan(
      sandbox::compile(spec, root, facts), spec, facts,
      {.args = {"/usr/sbin/criu", "swrk", "3"}, .env = {}, .directory = "/mnt"}));
}

}  // namespace

TEST_CASE("criu is started where the container's root and bind mounts are, with its ids") {
  CHECK(plan(true) == R"(  0 monitor  open tree /store private -> #1
  1 monitor  open tree /srv/data private recursive -> #3
  2 monitor  set mount flags of /data in #3 ro recursive
  3 monitor  make user namespace 0 700000 65536 / 0 700000 65536 -> #251
  4 monitor  shift ownership of /store in #1 by #251
  5 monitor  shift ownership of /srv/data in #3 recursive by #251
  6 monitor  open tree /dev private recursive -> #252
  7 monitor  set mount flags of /dev in #252 ro,nosuid,noexec recursive
    monitor  clone mount
  8 process  make mounts private /
  9 process  mount tmpfs /mnt mode=0755 nosuid,nodev,noexec -> #0
 10 process  attach tree #0 at /mnt
 11 process  attach tree #1
 12 process  enter l in #1
 13 process  set ids 700000:700000
 14 process  set capabilities eff=0xff prm=0xff inh=0x0 amb=0x0
 15 process  mount overlay ../containers/ID/upper over 1 nosuid,nodev -> #253
 16 process  set ids 0:0
 17 process  set capabilities eff=0xff prm=0xff inh=0x0 amb=0x0
 18 process  detach tree
 19 process  mount at /root <- #253
 20 process  mount at /mounts/data <- #3
 21 process  mount at /host/dev <- #252
 22 process  join new session keyring _ses.0123456789ab
 23 process  set groups 0 gids
 24 process  await the monitor, and enter groups
 25 process  set no_new_privs
 26 process  execute /usr/sbin/criu swrk 3
)");
}

TEST_CASE("a restore without a user namespace shifts no ownership") {
  const std::string text = plan(false);
  CHECK(text.find("shift ownership") == std::string::npos);
  CHECK(text.find("set ids") == std::string::npos);
  CHECK(text.find("mount overlay ../containers/ID/upper") != std::string::npos);
}
