#include "runtime/definition_json.hpp"

#include "runtime/fixtures.hpp"

using namespace containerlib;
using namespace containerlib::runtime;

namespace {

StoredContainer full() {
  StoredContainer out;
  out.image = "alpine:3.20";
  Definition& d = out.definition;
  d.args = {"sh", "-c", "echo \"\xc3\xa9\""};
  d.env = {"A=1", "B="};
  d.cwd = "/srv";
  d.user = "www:www";
  d.hostname = "h";
  d.stop_signal = 2;
  d.mounts = {{.source = "/a", .target = "/b", .writable = true},
              {.target = "/t", .read_only = true, .tmpfs_size = 4_KiB, .tmpfs_mode = 0700}};
  d.read_only = true;
  d.network = Network::host;
  d.limits.memory = 64_MiB;
  d.limits.cpus = 0.5;
  d.limits.pids = 0;
  d.limits.cpuset_cpus = "0-1";
  d.limits.io = {{.device = "/dev/vda", .read_operations_per_second = 7}};
  d.cap_add = {"NET_RAW"};
  d.cap_drop = {"ALL"};
  d.seccomp.deny({"mkdir"}, 1).allow({"mkdir"});
  d.new_privileges = true;
  d.user_namespace = UserNamespace::host;
  d.nested_user_namespaces = true;
  d.landlock = {.paths = {{"/data", true, false}}, .tcp_bind = std::vector<std::uint16_t>{80}};
  d.tty = true;
  d.terminal_size = {50, 132};
  d.on_host_death = HostDeath::detach;
  d.auto_remove = true;
  d.labels = {{"k", "v"}};
  d.limits.unlimited_swap = true;
  d.limits.cpu_shares = 2;
  d.entrypoint_words = 1;
  d.ulimits = {{"nofile", 10, Ulimit::unlimited}};
  d.groups = {"wheel"};
  d.shm_size = 1_MiB;
  d.unsafe_oci_spec = "{}";
  return out;
}

}  // namespace

TEST_CASE("a record comes back as it was") {
  const StoredContainer before = full();
  const StoredContainer after = from_json(to_json(before), "x");
  CHECK(to_json(after) == to_json(before));
  CHECK(after.image == "alpine:3.20");
  const Definition& d = after.definition;
  CHECK(d.args == before.definition.args);
  CHECK(d.mounts.size() == 2);
  CHECK(d.mounts[0].source == "/a");
  CHECK(d.mounts[0].writable);
  CHECK(d.mounts[1].tmpfs_size == 4_KiB);
  CHECK(d.limits.memory == 64_MiB);
  CHECK(d.limits.cpus == 0.5);
  CHECK(d.limits.pids == 0);
  CHECK_FALSE(d.limits.memory_swap);
  CHECK(d.limits.io.at(0).read_operations_per_second == 7);
  CHECK(d.seccomp.confined());
  CHECK(d.seccomp.rules() == before.definition.seccomp.rules());
  CHECK(d.terminal_size.columns == 132);
  CHECK(d.on_host_death == HostDeath::detach);
  CHECK(d.labels.at("k") == "v");
  CHECK(d.limits.unlimited_swap);
  CHECK(d.entrypoint_words == 1);
  CHECK(d.ulimits.at(0).hard == Ulimit::unlimited);
  CHECK(d.groups.size() == 1);
  CHECK(d.shm_size == 1_MiB);
  CHECK(d.unsafe_oci_spec == "{}");
}

TEST_CASE("an unconfined container stays so") {
  StoredContainer before = full();
  before.definition.seccomp = Seccomp::unconfined();
  CHECK_FALSE(from_json(to_json(before), "x").definition.seccomp.confined());
}

TEST_CASE("other versions' records: unknown fields are ignored, missing ones keep defaults") {
  const StoredContainer out =
      from_json(R"({"image":"i","definition":{"args":["a"],"colour":"red"}})", "x");
  CHECK(out.definition.args == std::vector<std::string>{"a"});
  CHECK(out.definition.stop_signal == 15);
}

TEST_CASE("a damaged record names its container") {
  for (const char* text :
       {"", "[]", "{", R"({"definition":{"args":7}})", R"({"definition":{"stop_signal":1e99}})"}) {
    try {
      from_json(text, "the-id");
      FAIL("was read: ", text);
    } catch (const Error& error) {
      CHECK(error.code() == std::errc::bad_message);
      CHECK(error.subject() == "the-id");
    }
  }
}
