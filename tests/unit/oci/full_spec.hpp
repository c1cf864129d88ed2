#pragma once
#include "oci/runtime_spec.hpp"

// A configuration in which every field that a config.json has is set.
namespace containerlib::oci {

inline Process full_process() {
  Process p;
  p.terminal = true;
  p.rows = 25;
  p.columns = 80;
  p.user = {.uid = 1, .gid = 2, .additional_gids = {5, 4294967294}, .umask = 63};
  p.args = {"sh", "-c", ""};
  p.env = {"PATH=/bin", "TERM=xterm"};
  p.cwd = "/root";
  p.capabilities = {.bounding = {"CAP_KILL", "CAP_CHOWN"},
                    .effective = {"CAP_KILL"},
                    .inheritable = {"CAP_CHOWN"},
                    .permitted = {"CAP_KILL"},
                    .ambient = {"CAP_CHECKPOINT_RESTORE"}};
  p.rlimits = {{"RLIMIT_NOFILE", 1024, 4096}, {"RLIMIT_CORE", 0, 18446744073709551615u}};
  p.no_new_privileges = true;
  p.oom_score_adj = -1000;
  p.scheduler = Scheduler{.policy = "SCHED_DEADLINE",
                          .nice = -5,
                          .priority = 7,
                          .flags = {"SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM"},
                          .runtime = 100,
                          .deadline = 200,
                          .period = 18446744073709551615u};
  p.io_priority = IoPriority{"IOPRIO_CLASS_IDLE", 4};
  p.exec_cpu_affinity = CpuAffinity{"7", "0-3,7"};
  p.apparmor_profile = "acme";
  p.selinux_label = "system_u:system_r:svirt_lxc_net_t:s0:c124,c675";
  return p;
}

inline Resources full_resources() {
  Resources r;
  r.devices = {{false, 'a', {}, {}, "rwm"}, {true, 'c', 10, 229, "rw"}, {true, 'b', {}, 3, {}}};
  r.memory.limit = 536870912;
  r.memory.swap = -1;
  r.memory.reservation = 9223372036854775807;
  r.memory.kernel = -1;
  r.memory.kernel_tcp = 4096;
  r.memory.swappiness = 0;
  r.memory.disable_oom_killer = false;
  r.memory.use_hierarchy = true;
  r.memory.check_before_update = true;
  r.cpu.shares = 1024;
  r.cpu.period = 500000;
  r.cpu.burst = 1000;
  r.cpu.realtime_period = 1000000;
  r.cpu.quota = 1000000;
  r.cpu.realtime_runtime = 950000;
  r.cpu.idle = 0;
  r.cpu.cpus = "2-3";
  r.cpu.mems = "0-7";
  r.pids_limit = 0;
  r.block.weight = 10;
  r.block.leaf_weight = 65535;
  r.block.devices = {{8, 0, 500, 300}, {8, 16, 500, {}}, {8, 32, {}, 0}};
  r.block.read_bps = {{8, 0, 600}};
  r.block.write_bps = {{8, 1, 18446744073709551615u}};
  r.block.read_iops = {{8, 2, 0}};
  r.block.write_iops = {{8, 3, 300}, {8, 4, 301}};
  r.hugepages = {{"2MB", 209715200}, {"64KB", 18446744073709551615u}};
  r.rdma = {{"mlx4_0", {{}, 1000}}, {"mlx5_1", {3, 10000}}, {"rxe3", {0, {}}}};
  r.network.class_id = 1048577;
  r.network.priorities = {{"eth0", 500}, {"eth1", 0}};
  r.unified = {{"io.max", "259:0 rbps=2097152\n253:0 wiops=120"}, {"memory.high", "1"}};
  return r;
}

inline SeccompProfile full_seccomp() {
  return {.default_action = "SCMP_ACT_ERRNO",
          .default_errno_ret = 38,
          .architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X32"},
          .flags = {"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
          .listener_path = "/run/agent.sock",
          .listener_metadata = "MKNOD=/dev/null",
          .syscalls = {
              {{"getcwd", "chmod"}, "SCMP_ACT_TRACE", 0, {}},
              {{"personality"},
               "SCMP_ACT_ALLOW",
               {},
               {{0, 18446744073709551615u, 0, "SCMP_CMP_EQ"}, {5, 1, 2, "SCMP_CMP_MASKED_EQ"}}}}};
}

inline RuntimeSpec full_spec() {
  RuntimeSpec s;
  s.oci_version = "1.3.0";
  s.hostname = "slartibartfast";
  s.domainname = "magrathea.test";
  s.annotations = {{"com.example.key", "value"}, {"empty", ""}};
  s.process = full_process();
  s.root_path = "rootfs";
  s.root_readonly = true;
  s.rootfs_propagation = "slave";
  s.mount_label = "system_u:object_r:svirt_sandbox_file_t:s0:c715,c811";
  s.mounts = {{.destination = "/proc", .type = "proc", .source = "proc", .options = {}},
              {.destination = "/data",
               .type = "none",
               .source = "/volumes/testing",
               .options = {"rbind", "rw", "ridmap"},
               .uid_mappings = {{0, 1000, 1}, {1, 100000, 65535}},
               .gid_mappings = {{0, 0, 4294967295}}}};
  const Hook hook{.path = "/bin/true", .args = {"true", "x"}, .env = {"A=1"}, .timeout = 5};
  const auto named = [&](std::string name) {
    Hook other = hook;
    other.args[0] = std::move(name);
    return std::vector<Hook>{other, {.path = "/bin/false", .args = {}, .env = {}, .timeout = {}}};
  };
  s.hooks = {named("prestart"),       named("createRuntime"), named("createContainer"),
             named("startContainer"), named("poststart"),     named("poststop")};
  s.namespaces = {{"pid", "/proc/1234/ns/pid"},
                  {"network", {}},
                  {"mount", {}},
                  {"ipc", {}},
                  {"uts", {}},
                  {"user", {}},
                  {"cgroup", {}},
                  {"time", {}}};
  s.uid_mappings = {{0, 1000, 32000}};
  s.gid_mappings = {{0, 2000, 1}, {1, 3000, 1}};
  s.monotonic_offset = TimeOffset{-172800, 999999999};
  s.boottime_offset = TimeOffset{604800, 0};
  s.devices = {{"/dev/fuse", 'c', 10, 229, 438, 0, 7},
               {"/dev/sda", 'b', 8, 0, {}, {}, {}},
               {"/dev/pipe", 'p', 0, 0, 0, {}, {}},
               {"/dev/odd", 'u', 4095, 1048575, {}, {}, {}}};
  s.net_devices = {{"eth0", "container_eth0"}, {"eth1", "eth1"}, {"eth2", "net%d"}};
  s.cgroups_path = "/myRuntime/myContainer";
  s.resources = full_resources();
  s.sysctl = {{"net.core.somaxconn", "256"}, {"net.ipv4.ip_forward", "1"}};
  s.masked_paths = {"/proc/kcore"};
  s.readonly_paths = {"/proc/sys", "/proc/bus"};
  s.seccomp_profile = full_seccomp();
  s.personality = Personality{"LINUX32", {}};
  s.memory_policy = MemoryPolicy{"MPOL_INTERLEAVE", "2-3", {"MPOL_F_STATIC_NODES"}};
  s.intel_rdt = IntelRdt{.clos_id = "guaranteed_group",
                         .schemata = {"L3:0=7f0;1=1f", "MB:0=20;1=70"},
                         .l3_cache_schema = "L3:0=7f0",
                         .mem_bw_schema = "MB:0=20",
                         .enable_monitoring = true};
  return s;
}

}  // namespace containerlib::oci
